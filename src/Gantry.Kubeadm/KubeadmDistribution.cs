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
    // One attempt every ten seconds for twelve hours. A control plane joins only after the ones before it in the queue.
    private const int JoinAttempts = 4320;

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
        var minor = KubeadmConfigs.Minor(node.Cluster.KubernetesVersion);
        var files = new List<CloudFile>();
        var controlPlane = node.Bootstrap is not Bootstrap.JoinWorker;
        var first = node.Bootstrap is Bootstrap.InitControlPlane;
        var superAdmin = first && minor >= 29;
        if (controlPlane)
        {
            files.AddRange(keys.Files());
            if (node.Cluster.Endpoint is EndpointChoice.VirtualIp)
            {
                files.Add(
                    KubeVip.Manifest(
                        node.Endpoint.Host,
                        node.Endpoint.Port,
                        superAdmin ? KubeVip.SuperAdminConf : KubeVip.AdminConf
                    )
                );
            }
        }

        files.Add(new CloudFile("/etc/modules-load.d/kubernetes.conf", "overlay\nbr_netfilter\n"));
        files.Add(
            new CloudFile(
                "/etc/sysctl.d/99-kubernetes.conf",
                "net.bridge.bridge-nf-call-iptables = 1\nnet.bridge.bridge-nf-call-ip6tables = 1\nnet.ipv4.ip_forward = 1\n"
            )
        );
        files.AddRange(Proxy(node));
        files.AddRange(Mirrors(environment));
        files.AddRange(
            environment.Files.Select(file => new CloudFile(
                file.Path,
                file.Content,
                file.Permissions,
                file.Owner,
                file.TemplateOnNode
            ))
        );
        files.Add(NodeReporter.File);
        files.Add(
            first
                ? new CloudFile(KubeadmConfigs.InitPath, KubeadmConfigs.Init(node), "0640")
                : new CloudFile(KubeadmConfigs.JoinPath, KubeadmConfigs.Join(node, keys.CaHash()), "0640")
        );
        return CloudConfig.Write(
            environment,
            files,
            Script(node, superAdmin && node.Cluster.Endpoint is EndpointChoice.VirtualIp)
        );
    }

    private static string Script(NodeDocument node, bool useAdminConfAfterInit)
    {
        var environment = node.Cluster.Nodes;
        var script = new StringBuilder();
        script.Append("#!/bin/sh\n");
        script.Append("swapoff -a\n");
        script.Append("sed -i '/[[:space:]]swap[[:space:]]/d' /etc/fstab\n");
        script.Append("modprobe -a overlay br_netfilter\n");
        script.Append("sysctl --system\n");
        if (environment.Proxy is not null || environment.RegistryMirrors.Count > 0)
        {
            script.Append("systemctl daemon-reload\n");
            script.Append("systemctl restart containerd\n");
        }

        foreach (var command in environment.PreKubeadmCommands)
        {
            script.Append(command).Append('\n');
        }

        if (node.Bootstrap is Bootstrap.InitControlPlane)
        {
            script.Append(
                $"""
                kubeadm init --config {KubeadmConfigs.InitPath} 2>{NodeReporter.Errors}
                status=$?
                cat {NodeReporter.Errors} >&2
                if [ $status -ne 0 ]; then
                  {NodeReporter.ReadReason}
                  {NodeReporter.GivesUp("kubeadm init: $reason")}
                fi

                """
            );
            if (useAdminConfAfterInit)
            {
                script
                    .Append("sed -i 's#")
                    .Append(KubeVip.SuperAdminConf)
                    .Append('#')
                    .Append(KubeVip.AdminConf)
                    .Append("#' ")
                    .Append(KubeVip.ManifestPath)
                    .Append('\n');
            }
        }
        else
        {
            // The engine creates the token when it is this machine's turn. Files of an interrupted attempt would fail the
            // preflight checks of the next one. A control plane's ca.crt comes from the cloud-config and stays.
            var leftovers =
                "/etc/kubernetes/kubelet.conf /etc/kubernetes/bootstrap-kubelet.conf"
                + (node.Bootstrap is Bootstrap.JoinWorker ? " /etc/kubernetes/pki/ca.crt" : "");

            // A failure counts when the next attempt fails alike. What an attempt left behind hides why that one failed, so both
            // are told.
            script.Append(
                $"""
                attempt=1
                status=0
                last=
                before=
                told=
                until kubeadm join --config {KubeadmConfigs.JoinPath} 2>{NodeReporter.Errors}; do
                  cat {NodeReporter.Errors} >&2
                  {NodeReporter.ReadReason}
                  if {NodeReporter.HasNoToken}; then reason=; fi
                  if [ -n "$reason" ] && [ "$reason" = "$last" ] && [ "$reason" != "$told" ]; then
                    if {NodeReporter.IsForGood}; then
                      {NodeReporter.GivesUp("kubeadm join: $reason$before")}
                      status=1
                      break
                    fi
                    {NodeReporter.TriesAgain("kubeadm join: $reason$before")}
                    told=$reason
                  fi
                  if [ -n "$last" ] && [ "$reason" != "$last" ]; then before=" (before that: $last)"; fi
                  last=$reason
                  if [ $attempt -ge {JoinAttempts} ]; then status=1; break; fi
                  attempt=$((attempt + 1))
                  rm -f {leftovers}
                  sleep 10
                done

                """
            );
        }

        foreach (var command in environment.PostKubeadmCommands)
        {
            script.Append(command).Append('\n');
        }

        // MAAS shows a failed script as an event; what comes after kubeadm must not hide that it failed.
        script.Append("exit $status\n");
        return script.ToString();
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
