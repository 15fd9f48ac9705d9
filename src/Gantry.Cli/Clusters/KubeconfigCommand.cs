using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary><c>gantry cluster kubeconfig</c></summary>
public sealed class KubeconfigCommand(CliHost host, ConnectionOptions connection)
{
    // Clocks differ, and issuing takes a moment.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    private readonly Option<bool> _viaControlPlane = new("--via-control-plane")
    {
        Description = "Use a control plane's own address, where the endpoint's name does not resolve",
    };
    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description = "File to write, readable by its owner only [default: standard output]",
        HelpName = "FILE",
    };
    private readonly Option<bool> _merge = new("--merge")
    {
        Description = "Add the cluster to that file, and make it the current context [default: the file that kubectl reads]",
    };
    private readonly Option<TimeSpan?> _duration = Durations.Form.Optional(
        "--duration",
        "How long it is valid, 8h; the gateway has a limit [default: 24h]"
    );

    public Command Create()
    {
        var name = ClusterName.Argument(connection);
        var kubeconfig = new Verb(
            "kubeconfig",
            "Write your own short-lived admin kubeconfig of a cluster",
            "gantry cluster kubeconfig demo --merge",
            "gantry cluster kubeconfig demo --file demo.kubeconfig --duration 8h"
        )
        {
            name,
            _file,
            _merge,
            _duration,
            _viaControlPlane,
        };
        kubeconfig.SetAction(
            async (command, cancellationToken) =>
            {
                using var console = new ConsoleSession(connection.Resolve(command));
                var called = command.GetRequiredValue(name);
                var issued = await ReadAsync(command, console, called, cancellationToken);
                WarnOfExpiry(issued, command.GetValue(_duration));
                if (command.GetValue(_merge))
                {
                    var file = command.GetValue(_file) ?? KubeconfigFile.Default(host);
                    KubeconfigFile.Merge(file, issued);
                    host.Error.WriteLine($"{called} is the current context of {file}");
                }
                else if (command.GetValue(_file) is { } file)
                {
                    KubeconfigFile.Write(file, issued);
                    host.Error.WriteLine($"written to {file}; `kubectl --kubeconfig {file} get nodes` uses it");
                }
                else
                {
                    host.Out.Write(issued.ToYaml());
                }

                if (await Kubeconfigs.UnknownNameAsync(issued, cancellationToken) is { } unknown)
                {
                    host.Error.WriteLine(
                        $"`{unknown}` is a name of the data centre's DNS (in the lab: of the lab's), which this machine "
                            + "does not know; "
                            + $"`gantry cluster kubeconfig {called} --via-control-plane` writes one that "
                            + "works without it"
                    );
                }
            }
        );
        return kubeconfig;
    }

    private async Task<Kubeconfig> ReadAsync(
        ParseResult command,
        ConsoleSession console,
        string called,
        CancellationToken cancellationToken
    )
    {
        var uid = await ClusterApi.UidAsync(console, called, cancellationToken);
        var written = await console.DownloadAsync(
            Operations.Clusters.GetAdminKubeconfig,
            [
                ("uid", uid),
                ("via", command.GetValue(_viaControlPlane) ? KubeconfigVia.ControlPlane : null),
                (
                    "duration",
                    command.GetValue(_duration) is { } duration
                        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0}")
                        : null
                ),
            ],
            cancellationToken
        );
        return Kubeconfig.TryParse(written, out var kubeconfig)
            ? kubeconfig
            : throw new CliException(
                ExitCode.Unexpected,
                "the console answered something else than a kubeconfig of one cluster with a client certificate; it is "
                    + "withheld, because a kubeconfig can name programs that kubectl runs"
            );
    }

    private void WarnOfExpiry(Kubeconfig kubeconfig, TimeSpan? asked)
    {
        if (asked is not { } wanted)
        {
            return;
        }

        using var certificate = X509Certificate2.CreateFromPem(kubeconfig.CertificatePem);
        var until = new DateTimeOffset(certificate.NotAfter).ToUniversalTime();
        if (until < host.Time.GetUtcNow() + wanted - Slack)
        {
            host.Error.WriteLine($"it is valid until {until:yyyy-MM-dd HH:mm} UTC: the gateway issues none for longer");
        }
    }
}
