using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Documents;

/// <summary><c>gantry cluster export</c></summary>
public sealed class ExportCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create()
    {
        var names = new Argument<string[]>("cluster")
        {
            Description = "Name or uid; several write several documents",
            Arity = ArgumentArity.OneOrMore,
        };
        var export = new Verb(
            "export",
            "Write clusters as documents for `gantry apply -f`; they hold no secret",
            "gantry cluster export demo > demo.yaml"
        )
        {
            names,
        };
        export.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var documents = new List<ClusterDocument>();
                foreach (var name in command.GetRequiredValue(names))
                {
                    documents.Add(await ReadAsync(console, name, cancellationToken));
                }

                Write(host, connection.Format(command), documents);
            }
        );
        return export;
    }

    /// <summary>YAML unless JSON is asked for: a document is a file.</summary>
    public static void Write<T>(CliHost host, OutputFormat format, IReadOnlyList<T> documents)
        where T : class
    {
        foreach (var document in documents)
        {
            if (format is OutputFormat.Json)
            {
                Printer.Write(host, format, document, () => "");
                continue;
            }

            host.Out.Write((documents.Count > 1 ? "---\n" : "") + DocumentText.Write(document));
        }
    }

    private static async Task<ClusterDocument> ReadAsync(
        ConsoleSession console,
        string name,
        CancellationToken cancellationToken
    ) =>
        await console.CallAsync(
            Operations.Documents.GetCluster,
            [("uid", await ClusterApi.UidAsync(console, name, cancellationToken))],
            cancellationToken
        );
}
