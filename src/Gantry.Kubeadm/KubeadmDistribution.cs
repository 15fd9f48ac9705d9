using System.Text;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Kubeadm;

/// <summary>
/// The kubeadm distribution: Gantry's own certificate authorities, and a cloud-config with kubeadm's configuration.
/// </summary>
public sealed class KubeadmDistribution : IDistribution
{
    private const string AdminGroup = "system:masters";

    /// <summary>The engine's user name in the cluster's audit log.</summary>
    private const string EngineUser = "gantry";

    // The engine opens a new client, with a new certificate, after half of this time.
    private static readonly TimeSpan EngineAccessLife = TimeSpan.FromDays(1);

    public string Template => "1";

    public string CreatePki(ClusterSpec cluster, DateTimeOffset now) => ClusterPki.Create(now).Write();

    public ConfigMapEntry Configuration => KubeadmUpgrade.Configuration;

    public JoinPreparation PrepareJoin(KubeadmSettings settings) => KubeadmUpgrade.PrepareJoin(settings);

    public IReadOnlyList<AddonImage> AddonImages(KubernetesVersion version) => KubeadmUpgrade.AddonImages(version);

    public string JoinToken(byte[] key, string intent) => BootstrapToken.For(key, intent);

    public WorkloadAccess Access(
        ClusterId cluster,
        ApiEndpoint endpoint,
        IReadOnlyList<string> controlPlanes,
        string pki,
        DateTimeOffset now
    )
    {
        var keys = ClusterPki.Read(pki);
        var (certificate, key, _) = keys.IssueClient(EngineUser, AdminGroup, now, EngineAccessLife);
        var (etcdCertificate, etcdKey, _) = keys.IssueEtcdClient(EngineUser, now, EngineAccessLife);
        return new WorkloadAccess(
            cluster,
            endpoint,
            controlPlanes,
            new ClientCredentials(keys.Ca, certificate, key),
            new ClientCredentials(keys.EtcdCa, etcdCertificate, etcdKey)
        );
    }

    public IssuedAccess Issue(
        ClusterSpec cluster,
        ApiEndpoint endpoint,
        string pki,
        string user,
        DateTimeOffset now,
        TimeSpan validity
    )
    {
        var keys = ClusterPki.Read(pki);
        var (certificate, key, expires) = keys.IssueClient(user, AdminGroup, now, validity);
        var server = $"https://{KubeadmConfigs.Endpoint(endpoint)}";
        var kubeconfig = new Kubeconfig(cluster.Name.Value, server, keys.Ca, user, certificate, key);
        return new IssuedAccess(kubeconfig.ToYaml(), expires);
    }

    public string Render(NodeDocument node, string pki, DateTimeOffset now)
    {
        var keys = ClusterPki.Read(pki);
        var environment = node.Cluster.Nodes;
        var files = new List<CloudFile>();
        var first = node.Bootstrap is Bootstrap.InitControlPlane;
        if (node.Bootstrap is not Bootstrap.JoinWorker)
        {
            files.AddRange(keys.Files());
            if (node.Cluster.Endpoint is EndpointChoice.VirtualIp)
            {
                files.Add(
                    KubeVip.Manifest(
                        node.Endpoint,
                        NodeBootstrap.UsesSuperAdmin(node) ? KubeVip.SuperAdminConf : KubeVip.AdminConf,
                        choosesInterface: node.Network is { VirtualIp: not null }
                    )
                );
            }
        }

        files.AddRange(Proxy(node));
        files.AddRange(Mirrors(environment));
        if (node.Cluster.InstallsPackages)
        {
            files.AddRange(NodePackages.Files(node));
        }

        files.AddRange(
            environment.Files.Select(file => new CloudFile(
                file.Path,
                file.Content,
                file.Permissions,
                file.Owner,
                file.TemplateOnNode
            ))
        );
        files.Add(new CloudFile(NodeBootstrap.ConfigPath, first ? KubeadmConfigs.Init(node) : KubeadmConfigs.Join(node), "0600"));
        if (!first)
        {
            files.Add(new CloudFile(NodeBootstrap.DiscoveryPath, KubeadmConfigs.Discovery(node, keys.Ca), "0600"));
        }

        files.AddRange(NodeBootstrap.Files(node));
        return CloudConfig.Write(environment, files, NodeBootstrap.Commands);
    }

    private static IEnumerable<CloudFile> Proxy(NodeDocument node)
    {
        if (node.Cluster.Nodes.Proxy is not { } proxy)
        {
            yield break;
        }

        string[] direct =
        [
            "localhost",
            "127.0.0.1",
            node.Endpoint.Host,
            $"{node.Cluster.Network.PodCidr}",
            $"{node.Cluster.Network.ServiceCidr}",
            ".svc",
            $".{node.Cluster.Network.DnsDomain}",
            .. proxy.NoProxy,
        ];
        var text = new StringBuilder("[Service]\n");
        foreach (
            var (name, value) in new[]
            {
                ("HTTP_PROXY", proxy.Http),
                ("HTTPS_PROXY", proxy.Https),
                ("NO_PROXY", string.Join(',', direct)),
            }
        )
        {
            if (value is { Length: > 0 })
            {
                // A percent sign starts a specifier in a systemd unit.
                text.Append($"Environment=\"{name}={value.Replace("%", "%%", StringComparison.Ordinal)}\"\n");
            }
        }

        // The URL may contain the proxy's password.
        yield return new CloudFile("/etc/systemd/system/containerd.service.d/http-proxy.conf", text.ToString(), "0600");
    }

    private static IEnumerable<CloudFile> Mirrors(NodeEnvironment environment)
    {
        foreach (var mirror in environment.RegistryMirrors)
        {
            var folder = $"/etc/containerd/certs.d/{mirror.Registry}";
            var origin = mirror.Registry is "docker.io" ? "https://registry-1.docker.io" : $"https://{mirror.Registry}";
            var text = new StringBuilder($"server = \"{origin}\"\n");
            foreach (var endpoint in mirror.Endpoints)
            {
                text.Append($"\n[host.\"{endpoint}\"]\n  capabilities = [\"pull\", \"resolve\"]\n");
                if (mirror.CaPem is not null)
                {
                    text.Append($"  ca = \"{folder}/ca.crt\"\n");
                }
            }

            if (mirror.CaPem is { } ca)
            {
                yield return new CloudFile($"{folder}/ca.crt", ca);
            }

            yield return new CloudFile($"{folder}/hosts.toml", text.ToString());
        }
    }
}
