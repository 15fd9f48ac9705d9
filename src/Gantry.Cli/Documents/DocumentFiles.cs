using System.CommandLine;
using System.Text.Json;
using Gantry.Api;
using Gantry.Cli.Clusters;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Documents;

/// <summary>
/// The documents of a command: of files, of folders with all below them, or of standard input. A problem that the console finds in one is
/// told with its file and line.
/// </summary>
public sealed class DocumentFiles(CliHost host)
{
    private const string StandardInput = "-";
    private static readonly string[] Endings = [".yaml", ".yml", ".json"];

    private readonly Option<string[]> _files = new("--file", "-f")
    {
        Description =
            "Documents (Cluster, ClusterProfile): a file, a folder, or - for standard input; may be given several times",
        HelpName = "FILE",
    };

    private readonly Option<bool> _prune = new("--prune")
    {
        Description = "Remove pools that a document no longer has; with --selector also clusters without a document",
    };

    private readonly Option<string[]> _selector = new("--selector", "-l")
    {
        Description =
            "With --prune: label of the clusters to delete when no document is left of them; all that are given must fit",
        HelpName = "KEY=VALUE",
    };

    private List<ReadDocument> _profiles = [];
    private List<ReadDocument> _clusters = [];

    public bool Prune { get; private set; }

    public void AddTo(Command command)
    {
        command.Add(_files);
        command.Add(_prune);
        command.Add(_selector);
    }

    public bool AreGiven(ParseResult command) => command.GetValue(_files) is { Length: > 0 };

    /// <summary>The clusters' documents, in the order of the files.</summary>
    public IReadOnlyList<(ReadDocument File, ClusterDocument Document)> Clusters =>
        [.. _clusters.Select(one => (one, one.Content.Deserialize<ClusterDocument>(ApiJson.Options)!))];

    public ReadDocument FileOf(string kind, int index) => (kind is DocumentKinds.Cluster ? _clusters : _profiles)[index];

    /// <exception cref="CliException">With every problem of every file.</exception>
    public DocumentSet Read(ParseResult command)
    {
        Prune = command.GetValue(_prune);
        var labels = Labels(command);
        var sources = (command.GetValue(_files) ?? []).SelectMany(Sources).Distinct();
        return Read(sources.Select(source => (source, Text(source)))) with { Prune = Prune ? true : null, PruneLabels = labels };
    }

    /// <param name="texts">Texts with the names of their files.</param>
    /// <exception cref="CliException">With every problem of every text.</exception>
    public DocumentSet Read(IEnumerable<(string File, string Text)> texts)
    {
        var problems = new List<DocumentProblem>();
        var documents = texts.SelectMany(one => DocumentReader.Read(one.File, one.Text, problems)).ToList();
        if (problems.Count > 0)
        {
            throw Refused(ExitCode.Usage, problems);
        }

        if (documents.Count is 0)
        {
            throw new CliException(ExitCode.Usage, "--file: there is no document; `gantry cluster export NAME` writes one");
        }

        _profiles = documents.FindAll(document => document.Kind is DocumentKinds.ClusterProfile);
        _clusters = documents.FindAll(document => document.Kind is DocumentKinds.Cluster);
        var set = new DocumentSet
        {
            Profiles = [.. _profiles.Select(one => one.Content.Deserialize<ClusterProfileDocument>(ApiJson.Options)!)],
            Clusters = [.. Clusters.Select(one => one.Document)],
        };
        RefuseSecrets(set);
        return set;
    }

    /// <summary>Applies a set, or says what that would do.</summary>
    /// <exception cref="CliException">With every problem, at its place in the files.</exception>
    public async Task<DocumentsAnswer> ApplyAsync(
        ConsoleSession console,
        DocumentSet set,
        bool dryRun,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await console.CallAsync(
                Operations.Documents.Apply,
                [("dryRun", dryRun ? "true" : null)],
                set,
                cancellationToken
            );
        }
        catch (CliException refused) when (refused.Details.Count > 0)
        {
            throw Refused(ExitCode.Refused, [.. refused.Details.Select(Placed)], refused);
        }
    }

    // What is no public key may be a private one, and never leaves this machine.
    private void RefuseSecrets(DocumentSet set)
    {
        var problems = _clusters
            .Zip(set.Clusters!)
            .SelectMany(one =>
                (one.Second.Spec?.SshKeys ?? []).Select(
                    (key, index) => (File: one.First, Field: $"spec.sshKeys[{index}]", Problem: SshKeyFile.Problem(key))
                )
            )
            .Where(one => one.Problem is not null)
            .Select(one => new DocumentProblem(one.File.File, one.File.LineOf(one.Field), one.Field, one.Problem!))
            .ToList();
        if (problems.Count > 0)
        {
            throw Refused(ExitCode.Usage, problems);
        }
    }

    // A place in the request: clusters[2].spec.pools[0].size
    private DocumentProblem Placed(KeyValuePair<string, string> problem)
    {
        var field = problem.Key;
        foreach (var (list, documents) in new[] { ("clusters[", _clusters), ("profiles[", _profiles) })
        {
            var end = field.IndexOf(']', StringComparison.Ordinal);
            if (
                field.StartsWith(list, StringComparison.Ordinal)
                && int.TryParse(field.AsSpan(list.Length, end - list.Length), out var index)
                && index < documents.Count
            )
            {
                var place = field[(end + 1)..].TrimStart('.');
                return new DocumentProblem(documents[index].File, documents[index].LineOf(place), place, problem.Value);
            }
        }

        return new DocumentProblem("--file", 0, field, problem.Value);
    }

    private static CliException Refused(int exitCode, IReadOnlyList<DocumentProblem> problems, CliException? inner = null) =>
        new(
            exitCode,
            "nothing was changed\n" + string.Join('\n', problems.Select(problem => $"  {problem.Place}: {problem.Message}")),
            inner
        )
        {
            ErrorCode = inner?.ErrorCode,
            Details = [.. problems.Select(problem => KeyValuePair.Create(problem.Place, problem.Message))],
        };

    private static IEnumerable<string> Sources(string given) =>
        !Directory.Exists(given)
            ? [given]
            : Directory
                .EnumerateFiles(given, "*", new EnumerationOptions { RecurseSubdirectories = true })
                .Where(file => Endings.Contains(Path.GetExtension(file)))
                .Order(StringComparer.Ordinal);

    private string Text(string source)
    {
        try
        {
            return source is StandardInput ? host.In.ReadToEnd() : File.ReadAllText(source);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"--file: {source} cannot be read: {unreadable.Message}", unreadable);
        }
    }

    private Dictionary<string, string>? Labels(ParseResult command)
    {
        var given = command.GetValue(_selector) ?? [];
        if (given.Length > 0 && !Prune)
        {
            throw new CliException(ExitCode.Usage, "--selector says which clusters --prune may delete; give --prune too");
        }

        return given.Length is 0
            ? null
            : given
                .Select(label => label.Split('=', 2))
                .GroupBy(label => label[0])
                .ToDictionary(label => label.Key, label => label.Last().ElementAtOrDefault(1) ?? "");
    }
}
