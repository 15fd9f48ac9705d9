using System.Text;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.CloudInit;
using Gantry.Lab.Machines.Clusters;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>How <c>kubeadm join</c> finds a cluster and trusts it: by a kubeconfig on the disk, or by a token and a hash.</summary>
internal sealed class Discovery(IKubeadmHost host, MachineFiles files)
{
    private static readonly TimeSpan DiscoveryLimit = TimeSpan.FromMinutes(5);

    // The default of timeouts.kubernetesAPICall in v1beta4.
    private static readonly TimeSpan CallLimit = TimeSpan.FromMinutes(1);

    /// <exception cref="KubeadmException">No cluster is found, or it does not take the token.</exception>
    public Task<(ControlPlane Cluster, ClusterEndpoint Endpoint)> FindAsync(
        JsonObject join,
        CancellationToken cancellationToken
    ) =>
        join["discovery"] switch
        {
            JsonObject both when both["bootstrapToken"] is not null && both["file"] is not null => throw new KubeadmException(
                "discovery: Invalid value: \"\": bootstrapToken and file cannot both be set"
            ),
            JsonObject given when given["bootstrapToken"] is JsonObject token => FindByTokenAsync(token, cancellationToken),
            JsonObject given when given["file"] is JsonObject file => FindByFileAsync(
                file["kubeConfigPath"]?.ToString() ?? "",
                given["tlsBootstrapToken"]?.ToString(),
                cancellationToken
            ),
            _ => throw new KubeadmException("discovery: Invalid value: \"\": bootstrapToken or file must be set"),
        };

    /// <summary>The host and port in a kubeconfig.</summary>
    /// <exception cref="KubeadmException">The text names no server.</exception>
    public static ClusterEndpoint ServerOf(string kubeconfig) =>
        Cluster(kubeconfig)?["server"]?.ToString() is { } server && Uri.TryCreate(server, UriKind.Absolute, out var uri)
            ? new ClusterEndpoint(uri.Host.Trim('[', ']'), uri.Port)
            : throw new KubeadmException("the kubeconfig names no server");

    private static JsonNode? Cluster(string kubeconfig) =>
        YamlText.Documents(kubeconfig, uniqueKeys: false)[0]?["clusters"]?[0]?["cluster"];

    // A kubeconfig with credentials is taken as it is; one without is confirmed by an anonymous read, as with a token.
    private async Task<(ControlPlane Cluster, ClusterEndpoint Endpoint)> FindByFileAsync(
        string path,
        string? token,
        CancellationToken cancellationToken
    )
    {
        var text =
            files.Find(path)?.Text
            ?? throw new KubeadmException(
                $"error execution phase preflight: couldn't validate the identity of the API Server: open {path}: no such file or "
                    + "directory"
            );
        var document = YamlText.Documents(text, uniqueKeys: false)[0];
        var endpoint = ServerOf(text);
        var caPem = AuthorityOf(text);
        var credentials = token ?? document?["users"]?[0]?["user"]?["token"]?.ToString();
        if (credentials is null)
        {
            throw new KubeadmException(
                "error execution phase preflight: couldn't find authentication credentials for the TLS bootstrap process. Please use "
                    + "Token discovery, a discovery file with embedded authentication credentials or a discovery file without "
                    + "authentication credentials but with the TLSBootstrapToken flag"
            );
        }

        var step = TimeSpan.FromSeconds(10);
        var problem = "";
        for (var waited = TimeSpan.Zero; waited < CallLimit; waited += step)
        {
            foreach (var target in endpoint.Targets(host))
            {
                problem = await host.Clusters.Network.ProbeAsync(target, caPem, cancellationToken);
                if (problem is null && host.Clusters.Behind(target.Address, caPem) is { } found)
                {
                    return !BootstrapToken.Authenticates(found.Cluster, credentials, host.Clusters.Time.GetUtcNow())
                            ? throw new KubeadmException(
                                "error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: failed to get config map: "
                                    + "Unauthorized"
                            )
                        : document?["users"]?[0]?["user"]?["token"] is null && RefusesAnonymous(found.Cluster) is { } refused
                            ? throw new KubeadmException(
                                $"error execution phase preflight: couldn't validate the identity of the API Server: {refused}"
                            )
                        : (found, endpoint);
                }
            }

            await host.WaitAsync(step, cancellationToken);
        }

        throw new KubeadmException(
            "error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: failed to get config map: Get "
                + $"\"https://{endpoint}/api/v1/namespaces/kube-system/configmaps/kubeadm-config?timeout=10s\": {problem}"
        );
    }

    private static string? RefusesAnonymous(LabCluster cluster) =>
        cluster.Find(KubeResources.ConfigMaps, "kube-system", "kubeadm-config")?["data"]?["ClusterConfiguration"]?.ToString()
            is { } text
        && KubeadmConfig
            .Arguments(YamlText.Documents(text, uniqueKeys: false)[0]?["apiServer"]?["extraArgs"])
            .GetValueOrDefault("anonymous-auth")
            is "false"
            ? "failed to request the cluster-info ConfigMap: Unauthorized"
            : null;

    // Discovery uses an unverified connection: only the CA hash and the token authenticate the response.
    private async Task<(ControlPlane Cluster, ClusterEndpoint Endpoint)> FindByTokenAsync(
        JsonObject discovery,
        CancellationToken cancellationToken
    )
    {
        var token = discovery["token"]?.ToString() ?? "";
        BootstrapToken.Split(token);
        var hashes = (discovery["caCertHashes"] as JsonArray ?? []).Select(hash => hash!.ToString()).ToArray();
        if (hashes.Length == 0 && discovery["unsafeSkipCAVerification"]?.ToString() != "true")
        {
            throw new KubeadmException(
                "discovery.bootstrapToken: Invalid value: \"\": using token-based discovery without caCertHashes can be unsafe. "
                    + "Set unsafeSkipCAVerification as true in your kubeadm config file or pass caCertHashes"
            );
        }

        var endpoint = ClusterEndpoint.Parse(
            discovery["apiServerEndpoint"]?.ToString() ?? "",
            6443,
            "discovery.bootstrapToken.apiServerEndpoint"
        );
        var step = TimeSpan.FromSeconds(10);
        var problem = "";
        for (var waited = TimeSpan.Zero; waited < DiscoveryLimit; waited += step)
        {
            problem = $"lookup {endpoint.Host}: no such host";
            foreach (var target in endpoint.Targets(host))
            {
                try
                {
                    var caPem = AuthorityOf(await host.Clusters.Network.ClusterInfoAsync(target, cancellationToken));
                    var hash = NodeCertificates.KeyHash(caPem);
                    problem =
                        hashes.Length > 0 && !hashes.Contains(hash)
                            ? $"cluster CA found in cluster-info ConfigMap is invalid: none of the public keys \"{hash}\" are "
                                + "pinned"
                            : await host.Clusters.Network.ProbeAsync(target, caPem, cancellationToken)
                                ?? (
                                    host.Clusters.Behind(target.Address, caPem) is { } found
                                        ? RefusesAnonymous(found.Cluster)
                                            ?? BootstrapToken.Refuse(found.Cluster, token, host.Clusters.Time.GetUtcNow())
                                        : "the API server went away"
                                );
                    if (problem is null)
                    {
                        return (host.Clusters.Behind(target.Address, caPem)!, endpoint);
                    }
                }
                catch (HttpRequestException unreachable)
                {
                    problem = unreachable.Message;
                }
            }

            await host.WaitAsync(step, cancellationToken);
        }

        throw new KubeadmException(
            $"error execution phase preflight: couldn't validate the identity of the API Server: {problem}"
        );
    }

    private static string AuthorityOf(string kubeconfig)
    {
        var data =
            YamlText
                .Documents(kubeconfig, uniqueKeys: false)[0]
                ?["clusters"]?[0]?["cluster"]?["certificate-authority-data"]?.ToString()
            ?? throw new HttpRequestException("no valid CA in the cluster-info kubeconfig");
        return Encoding.UTF8.GetString(Convert.FromBase64String(data)).Trim();
    }
}
