using System.CommandLine;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Documents;

/// <summary><c>gantry diff -f FILE</c>: what documents would change; changes nothing.</summary>
public sealed class DiffCommand(CliHost host, ConnectionOptions connection)
{
    public Command Create()
    {
        var files = new DocumentFiles(host);
        var diff = new Verb(
            "diff",
            "Show what documents would change; exit code 0 when they change nothing, 8 when they do",
            "gantry diff -f clusters/",
            "gantry diff -f demo.yaml"
        );
        files.AddTo(diff);
        diff.SetAction(
            async (command, cancellationToken) =>
            {
                var set = files.Read(command);
                using var console = new ConsoleSession(connection.Resolve(command));
                var answer = await files.ApplyAsync(console, set, dryRun: true, cancellationToken);
                Printer.Write(
                    host,
                    connection.Format(command),
                    answer,
                    () => DocumentReport.Of(answer, (kind, index) => files.FileOf(kind, index).File)
                );
                if (DocumentReport.AreSame(answer))
                {
                    host.Error.WriteLine(DocumentReport.Count(answer));
                    return ExitCode.Ok;
                }

                return ExitCode.Differs;
            }
        );
        return diff;
    }
}
