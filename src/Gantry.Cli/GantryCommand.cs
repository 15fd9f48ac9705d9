using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Gantry.Cli.Accounts;
using Gantry.Cli.ApiKeys;
using Gantry.Cli.Audits;
using Gantry.Cli.Clusters;
using Gantry.Cli.Completion;
using Gantry.Cli.Connection;
using Gantry.Cli.Consoles;
using Gantry.Cli.Documents;
using Gantry.Cli.Explanations;
using Gantry.Cli.Gateways;
using Gantry.Cli.Images;
using Gantry.Cli.Lab;
using Gantry.Cli.Maas;
using Gantry.Cli.Packs;
using Gantry.Cli.Plans;
using Gantry.Cli.Profiles;
using Gantry.Cli.Quarantine;
using Gantry.Cli.Terminal;
using Gantry.Cli.Up;

namespace Gantry.Cli;

/// <summary>The whole command line, and how its failures become exit codes.</summary>
public static class GantryCommand
{
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        CliHost host,
        CancellationToken cancellationToken = default
    )
    {
        var connection = new ConnectionOptions(host);
        var parsed = Create(host, connection, arguments).Parse(arguments);
        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            Output = host.Out,
            Error = host.Error,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(20),
        };
        // A command line that cannot be read has no format of output either, unless that part of it can.
        var format = FormatOf(parsed, connection);
        try
        {
            if (parsed.Action is ParseErrorAction)
            {
                ParseErrors
                    .Of(parsed)
                    .ToList()
                    .ForEach(wrong => FailureText.Write(host, format, new CliException(ExitCode.Usage, wrong), prefix: ""));
                return ExitCode.Usage;
            }

            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (CliException failure)
        {
            FailureText.Write(host, format, failure);
            return failure.ExitCode;
        }
        catch (InvalidDataException damaged)
        {
            FailureText.Write(host, format, new CliException(ExitCode.Refused, damaged.Message, damaged));
            return ExitCode.Refused;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Cancelled;
        }
    }

    private static OutputFormat FormatOf(ParseResult parsed, ConnectionOptions connection) =>
        parsed.Errors.Any(error => error.SymbolResult is OptionResult { Option: var option } && option == connection.Output)
            ? OutputFormat.Table
            : connection.Format(parsed);

    /// <param name="arguments">The command line: the verbs of optional parts are built only when it names them.</param>
    public static RootCommand Create(CliHost host, ConnectionOptions connection, IReadOnlyList<string> arguments)
    {
        var root = new RootCommand("Kubernetes on the bare-metal servers that MAAS manages")
        {
            new UpCommand(host, connection).Create(),
            new StatusCommand(host, connection).Create(),
            new ClusterCommand(host, connection).Create(),
            new PlanCommand(host, connection).Create(),
            new ApplyCommand(host, connection).Create(),
            new DiffCommand(host, connection).Create(),
            new WhyNotCommand(host, connection).Create(),
            new WhatIfCommand(host, connection).Create(),
            new ExplainCommand(host, connection).Create(),
            new QuarantineCommand(host, connection).Create(),
            new Command("project", "Settings of a project") { new AutoRepairCommand(host, connection).CreateForProject() },
            new ProfileCommand(host, connection).Create(),
            new PackCommand(host, connection).Create(),
            new AccountCommand(host, connection).Create(),
            new GatewayCommand(host, connection).Create(),
            new ApiKeyCommand(host, connection).Create(),
            new AuditCommand(host, connection).Create(),
            new MaasCommand(host, connection).Create(),
            new ImageCommand(host, connection).Create(),
            new ConsoleCommand(host, connection).Create(),
            new ContextCommand(host, connection).Create(),
            new VersionCommand(host, connection).Create(),
        };
        foreach (var verb in LabPart.Verbs(host, connection, arguments))
        {
            root.Add(verb);
        }

        root.Add(SchemaCommand.Create(host));
        root.Add(CompletionCommand.Create(host));
        connection.AddTo(root);
        Completions.AddTo(root, connection);
        Verb.ShowExamples(root);
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            // The Windows forms of help are left out: completion would offer them first.
            help.Aliases.Remove("/?");
            help.Aliases.Remove("/h");
        }

        return root;
    }
}
