using Gantry.Api;
using System.CommandLine;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Changes;

/// <summary>
/// Another Kubernetes or another image, through the layers <c>k8s</c> and <c>os</c> of the cluster's profile. The values of all
/// packs of that profile are sent along as they are, so that nothing else changes.
/// </summary>
public sealed class UpgradeVerb : ChangeVerb
{
    private const string VersionPlaceholder = "{kubernetesVersion}";

    private readonly Option<KubernetesVersion?> _kubernetes =
        ValueForms.Of<KubernetesVersion>("VERSION").Optional("--kubernetes", "Kubernetes version, 1.34.1");
    private readonly Option<string?> _image = new("--image")
    {
        Description = $"Image of the nodes in MAAS; {VersionPlaceholder} stands for the Kubernetes version [default: unchanged]",
    };

    public override string Name => "upgrade";

    public override string Description => "Upgrade a cluster to another Kubernetes version or image, machine by machine";

    public override IReadOnlyList<string> Examples =>
        ["demo --kubernetes 1.34.1", $"demo --image custom/ubuntu-24.04-r7-k8s-{VersionPlaceholder}"];

    public override void AddTo(Command command)
    {
        command.Add(_kubernetes);
        command.Add(_image);
    }

    public override async Task<ChangeRequest> ReadAsync(ParseResult command, DesiredCluster cluster, CancellationToken cancellationToken)
    {
        var (version, image) = (command.GetValue(_kubernetes)?.ToString(), command.GetValue(_image));
        if (version is null && image is null)
        {
            throw new CliException(ExitCode.Usage, "no upgrade given; set --kubernetes 1.34.1, --image NAME, or both");
        }

        var profile = cluster.Profiles.FirstOrDefault(one => Layer(one, "k8s") is not null) ?? throw new CliException(
            ExitCode.Refused, $"{cluster.Name} has no profile with a Kubernetes layer");
        var kubernetes = Layer(profile, "k8s")?.Name ?? "";
        var isPack = version is not null && (await cluster.PackVersionsAsync(kubernetes, cancellationToken)).Contains(version);
        var packs = profile.Packs.Select(pack => new PackValues(
            pack.Name, isPack && pack.Name == kubernetes ? version : pack.Tag, pack.Type, Values(pack, version, image, isPack), null));
        string?[] summary = [version is null ? null : $"Kubernetes {version}", image is null ? null : $"image {image}"];
        return new ChangeRequest($"upgrade to {string.Join(" and ", summary.OfType<string>())}")
        {
            Profiles = [new ProfileChoice(profile.Uid, [.. packs], null, null)],
        };
    }

    private static PackRef? Layer(TemplateView profile, string layer) => profile.Packs.FirstOrDefault(pack => pack.Layer == layer);

    // A version that is a pack of its own is chosen as such; any other is a value of the pack that is there, which wins over it.
    private static string Values(PackRef pack, string? version, string? image, bool isPack)
    {
        var values = pack.Values ?? "";
        return pack.Layer switch
        {
            "k8s" when version is not null && (!isPack || PackText.Has(values, "pack", "version")) => PackText.Set(values, version, "pack", "version"),
            "os" when image is not null => PackText.Set(values, image, "image"),
            _ => values,
        };
    }
}
