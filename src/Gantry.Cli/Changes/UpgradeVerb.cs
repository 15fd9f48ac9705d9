using System.CommandLine;
using Gantry.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Changes;

/// <summary>Another Kubernetes version or another image; the console finds the layers with these settings.</summary>
public sealed class UpgradeVerb : ChangeVerb
{
    private const string VersionPlaceholder = "{kubernetesVersion}";

    private readonly Option<KubernetesVersion?> _kubernetes = KubernetesOption("unchanged");
    private readonly Option<string?> _image = new("--image")
    {
        Description = $"Image of the nodes in MAAS; {VersionPlaceholder} stands for the Kubernetes version [default: unchanged]",
    };

    public override string Name => "upgrade";

    public override string Description => "Upgrade a cluster to another Kubernetes version or image, machine by machine";

    public override IReadOnlyList<string> Examples =>
        ["demo --kubernetes 1.36.5", $"demo --image custom/ubuntu-24.04-r7-k8s-{VersionPlaceholder}"];

    /// <param name="otherwise">The version without the option.</param>
    public static Option<KubernetesVersion?> KubernetesOption(string otherwise) =>
        ValueForms
            .Of<KubernetesVersion>("VERSION")
            .Optional("--kubernetes", $"Kubernetes version, 1.36.5 [default: {otherwise}]");

    public override void AddTo(Command command)
    {
        command.Add(_kubernetes);
        command.Add(_image);
    }

    public override Task<ChangeRequest> ReadAsync(
        ParseResult command,
        DesiredCluster cluster,
        CancellationToken cancellationToken
    )
    {
        var (version, image) = (command.GetValue(_kubernetes)?.ToString(), command.GetValue(_image));
        if (version is null && image is null)
        {
            throw new CliException(ExitCode.Usage, "no upgrade given; set --kubernetes 1.36.5, --image NAME, or both");
        }

        string?[] summary = [version is null ? null : $"Kubernetes {version}", image is null ? null : $"image {image}"];
        return Task.FromResult(
            new ChangeRequest(
                $"upgrade to {string.Join(" and ", summary.OfType<string>())}",
                new ClusterChange { Generation = cluster.Generation, Upgrade = new UpgradeChange(version, image) }
            )
        );
    }
}
