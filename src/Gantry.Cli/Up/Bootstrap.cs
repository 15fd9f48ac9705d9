using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Connection;

namespace Gantry.Cli.Up;

/// <summary>
/// Prepares a new console for its first cluster over the public API: a cloud account for the region, and a profile.
/// Existing ones are kept.
/// </summary>
public sealed class Bootstrap(Credentials credentials)
{
    private const string LabAccount = "lab";
    private const string OwnAccount = "maas";
    private const string ProfileName = "kubernetes";
    private const string ProfileKubernetes = "1.36.4";

    private static readonly string[] Layers = ["os", "k8s", "cni", "csi"];

    public async Task EnsureAsync(string gatewayName, OwnMaas maas, bool isLab, CancellationToken cancellationToken)
    {
        using var console = Client();
        var gateway = await GatewayApi.UidAsync(console, gatewayName, cancellationToken);
        await EnsureAccountAsync(console, gateway, isLab ? LabAccount : OwnAccount, maas, cancellationToken);
        await EnsureProfileAsync(console, cancellationToken);
    }

    /// <summary>Removes the account of a lab that runs no longer, unless clusters use it.</summary>
    /// <param name="port">Of the lab's region, which is on this machine. Another account of that name is somebody's own.</param>
    public async Task RemoveLabAsync(int port, Action<string> tell, CancellationToken cancellationToken)
    {
        using var console = Client();
        var lab = await FindAccountAsync(console, LabAccount, cancellationToken);
        if (lab is null || new Uri(lab.Spec.ApiEndpoint!) is not { IsLoopback: true } region || region.Port != port)
        {
            return;
        }

        try
        {
            await console.CallAsync(Operations.CloudAccounts.Delete, [("uid", lab.Metadata.Uid)], cancellationToken);
            tell($"the cloud account `{LabAccount}` is deleted: its lab does not run with --maas");
        }
        catch (CliException used)
        {
            tell($"the cloud account `{LabAccount}` leads to a lab that does not run with --maas, and stays: {used.Message}");
        }
    }

    /// <returns>The gateway's reason why MAAS refuses this key; <c>null</c> when MAAS accepts it.</returns>
    public async Task<string?> WhyNotAsync(string gatewayName, OwnMaas maas, CancellationToken cancellationToken)
    {
        using var console = Client();
        try
        {
            var gateway = await GatewayApi.UidAsync(console, gatewayName, cancellationToken);
            var known = await FindAccountAsync(console, OwnAccount, cancellationToken);
            await console.CallAsync(
                Operations.CloudAccounts.ValidateOnGateway,
                [("uid", gateway)],
                new MaasAccountValidation(AccountOf(maas with { CaPem = maas.CaPem ?? known?.Spec.CaCert })),
                cancellationToken
            );
            return null;
        }
        catch (CliException refused)
        {
            return refused.Message;
        }
    }

    private ConsoleSession Client() =>
        new(new ConsoleAddress(new Uri(credentials.Url), credentials.ApiKey, credentials.CaFile, ConsoleAddress.DefaultProject));

    private static MaasCloudAccount AccountOf(OwnMaas maas) => new(maas.Endpoint.ToString(), maas.Key.Reveal(), null, maas.CaPem);

    private static async Task EnsureAccountAsync(
        ConsoleSession console,
        string gateway,
        string name,
        OwnMaas maas,
        CancellationToken cancellationToken
    )
    {
        var metadata = new ObjectMeta
        {
            Name = name,
            Annotations = new Dictionary<string, string> { ["overlordUid"] = gateway },
        };
        var desired = new MaasAccountEntity(metadata, AccountOf(maas));
        var known = await FindAccountAsync(console, name, cancellationToken);
        if (known is null)
        {
            await console.CallAsync(Operations.CloudAccounts.Create, [], desired, cancellationToken);
        }
        else if (known.Spec.ApiEndpoint != maas.Endpoint.ToString() || name == OwnAccount)
        {
            // The key on the command line may be new; the console cannot compare keys, because it holds only ciphertext.
            await console.CallAsync(Operations.CloudAccounts.Update, [("uid", known.Metadata.Uid)], desired, cancellationToken);
        }
    }

    private static async Task<MaasAccountView?> FindAccountAsync(
        ConsoleSession console,
        string name,
        CancellationToken cancellationToken
    ) =>
        (await console.ListAsync(Operations.CloudAccounts.List, [("limit", "0")], cancellationToken)).FirstOrDefault(account =>
            account.Metadata.Name == name
        );

    /// <summary>Creates the profile, which needs no gateway.</summary>
    public async Task EnsureProfileAsync(CancellationToken cancellationToken)
    {
        using var console = Client();
        await EnsureProfileAsync(console, cancellationToken);
    }

    private static async Task EnsureProfileAsync(ConsoleSession console, CancellationToken cancellationToken)
    {
        var profiles = await console.CallAsync(Operations.Profiles.ListMetadata, [], cancellationToken);
        if (profiles.Items.Count > 0)
        {
            return;
        }

        var packs = await console.ListAsync(Operations.Packs.List, [], cancellationToken);
        var layers = Layers.Select(layer =>
        {
            var pack = packs.First(one => one.Spec.Layer == layer && (layer != "k8s" || one.Spec.Version == ProfileKubernetes));
            return new PackInput(
                pack.Spec.Name,
                pack.Spec.Version,
                pack.Metadata.Uid,
                pack.Spec.RegistryUid,
                "spectro",
                null,
                pack.Spec.Values,
                null
            );
        });
        var metadata = new ObjectMeta
        {
            Name = ProfileName,
            Annotations = new Dictionary<string, string> { ["description"] = "Ubuntu, Kubernetes, Flannel and local volumes" },
        };
        var template = new TemplateInput("maas", "infra", [.. layers]);
        var created = await console.CallAsync(
            Operations.Profiles.Create,
            [],
            new ProfileEntity(metadata, new ProfileSpecInput(template, null, "1.0.0")),
            cancellationToken
        );
        await console.CallAsync(Operations.Profiles.Publish, [("uid", created.Uid)], cancellationToken);
    }
}
