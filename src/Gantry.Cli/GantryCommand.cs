using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Gantry.Cli.Accounts;
using Gantry.Cli.Clusters;
using Gantry.Cli.Completion;
using Gantry.Cli.Connection;
using Gantry.Cli.Consoles;
using Gantry.Cli.Explanations;
using Gantry.Cli.Gateways;
using Gantry.Cli.Images;
using Gantry.Cli.Lab;
using Gantry.Cli.Maas;
using Gantry.Cli.Plans;
using Gantry.Cli.Profiles;
using Gantry.Cli.Quarantine;
using Gantry.Cli.Terminal;
using Gantry.Cli.Up;
using Gantry.Clusters.Model;

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
        var parsed = Create(host, arguments).Parse(arguments);
        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            Output = host.Out,
            Error = host.Error,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(20),
        };
        try
        {
            if (parsed.Action is ParseErrorAction wrong)
            {
                wrong.ShowHelp = false;
                var said = parsed.Errors.Select(ParseErrors.Reword).ToList();
                if (said.Exists(error => error.Reworded))
                {
                    said.ForEach(error => host.Error.WriteLine(error.Message));
                    return ExitCode.Usage;
                }
            }

            var code = await parsed.InvokeAsync(invocation, cancellationToken);
            return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
        }
        catch (CliException failure)
        {
            host.Error.WriteLine($"gantry: {PlainText.Clean(failure.Message)}");
            return failure.ExitCode;
        }
        catch (InvalidDataException damaged)
        {
            host.Error.WriteLine($"gantry: {damaged.Message}");
            return ExitCode.Refused;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Cancelled;
        }
    }

    /// <param name="arguments">The command line: the verbs of optional parts are built only when it names them.</param>
    public static RootCommand Create(CliHost host, IReadOnlyList<string> arguments)
    {
        var connection = new ConnectionOptions(host);
        var root = new RootCommand("Kubernetes on the bare-metal servers that MAAS manages")
        {
            new UpCommand(host, connection).Create(),
            new ClusterCommand(host, connection).Create(),
            new PlanCommand(host, connection).Create(),
            new ApplyCommand(host, connection).Create(),
            new WhyNotCommand(host, connection).Create(),
            new WhatIfCommand(host, connection).Create(),
            new ExplainCommand(host, connection).Create(),
            new QuarantineCommand(host, connection).Create(),
            new Command("project", "Settings of a project") { new AutoRepairCommand(host, connection).CreateForProject() },
            new ProfileCommand(host, connection).Create(),
            new AccountCommand(host, connection).Create(),
            new GatewayCommand(host, connection).Create(),
            new MaasCommand(host, connection).Create(),
            new ImageCommand(host, connection).Create(),
            new ConsoleCommand(host, connection).Create(),
        };
        foreach (var verb in LabPart.Verbs(host, connection, arguments))
        {
            root.Add(verb);
        }

        root.Add(CompletionCommand.Create(host));
        connection.AddTo(root);
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
