using System.Text;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;

namespace Gantry.Kubeadm;

/// <summary>
/// How a machine of a stock image gets containerd, runc, the CNI plugins and Kubernetes of the exact version: by apt, from
/// Ubuntu's archive and the repository of the Kubernetes project, or from mirrors of them.
/// </summary>
internal static class NodePackages
{
    private const string Here = NodeBootstrap.Here;
    private const string ScriptPath = $"{NodeBootstrap.Folder}/packages.sh";
    private const string Installed = $"{Here}/installed";
    private const string KeyPath = "/etc/apt/keyrings/kubernetes.asc";
    private const string KeyRequest = $"{NodeBootstrap.Folder}/key.curl";
    private const string UbuntuSources = $"{NodeBootstrap.Folder}/ubuntu.sources";
    private const string AuthorityPath = "/usr/local/share/ca-certificates/gantry-packages.crt";
    private const string ContainerdConfig = "/etc/containerd/config.toml";

    // An apt that is asked too early waits for another one, and a mirror may be away for a moment.
    private const int Attempts = 5;
    private const int PauseSeconds = 30;

    /// <summary>What kubelet and kubeadm call, beside containerd: the preflight checks and kube-proxy need the first four.</summary>
    private const string Tools = "conntrack ethtool iptables socat containerd runc kubernetes-cni cri-tools";

    private const string Held = "containerd runc kubernetes-cni cri-tools kubelet kubeadm kubectl";

    // Lines of apt and curl that say why. A fetch that fails does not end "apt-get update"; the installation fails then.
    private const string Reasons = "^curl: |^E: |^W: .*(Failed to fetch|GPG error|signature verification)";

    private const string NotReached =
        "Failed to fetch|Could not resolve|Could not connect|Temporary failure|^curl: \\((5|6|7|28|35|52|56)\\)";

    private const string MayHeal = $"{NotReached}|Could not get lock";

    // apt's words: cmdline/apt-get.cc, apt-private/private-cacheset.cc and apt-pkg/acquire-item.cc.
    private const string ForGood =
        "was not found|Unable to locate package|has no installation candidate|is not signed"
        + "|(does not have|no longer has) a Release file|GPG error|signature verification|^curl: \\(22\\)";

    public static IEnumerable<CloudFile> Files(NodeDocument node)
    {
        var sources = node.Cluster.Nodes.Packages;
        var repository = PackageSources.RepositoryFor(sources, node.Cluster.KubernetesVersion);
        var proxy = new AptProxy(sources?.Proxy, node.Cluster.Nodes.Proxy);
        yield return new CloudFile("/etc/apt/sources.list.d/kubernetes.list", $"deb [signed-by={KeyPath}] {repository} /\n");
        if (sources?.Key is { } key)
        {
            yield return new CloudFile(KeyPath, key);
        }
        else
        {
            // A proxy's URL may contain its password.
            yield return new CloudFile(KeyRequest, KeyFetch(repository, proxy), "0600");
        }

        if (proxy.Configuration([repository, sources?.AptMirror]) is { Length: > 0 } apt)
        {
            // After what MAAS writes: apt reads these files by name, and the last setting counts.
            yield return new CloudFile("/etc/apt/apt.conf.d/95gantry-proxy", apt, "0600");
        }

        if (sources?.AptMirror is { } mirror)
        {
            yield return new CloudFile(
                UbuntuSources,
                $"""
                Types: deb
                URIs: {mirror}
                Suites: RELEASE RELEASE-updates RELEASE-security
                Components: main universe
                Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg

                """
            );
        }

        if (sources?.CaPem is { } ca)
        {
            yield return new CloudFile(AuthorityPath, ca);
        }

        if (WritesConfig(node))
        {
            yield return new CloudFile(
                Form(2),
                Containerd("io.containerd.grpc.v1.cri", "io.containerd.grpc.v1.cri", pinned: false)
            );
            yield return new CloudFile(
                Form(3),
                Containerd("io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", pinned: true)
            );
        }

        yield return new CloudFile(ScriptPath, Script(node), "0700");
    }

    /// <summary>Installs the packages, several times if need be, and tells why it cannot.</summary>
    public static string Install { get; } =
        $"""
            attempt=1
            while [ ! -e {Installed} ]; do
              if sh {Here}/packages.sh 2>{NodeReporter.Errors}; then
                touch {Installed}
                sync
                break
              fi
              cat {NodeReporter.Errors} >&2
              reason=$(grep -E '{Reasons}' {NodeReporter.Errors} | head -n 4 | sed -E 's#://[^/@ ]*@#://#g')
              if [ -z "$reason" ]; then reason=$(tail -n 1 {NodeReporter.Errors}); fi
              final=0
              if grep -qE '{ForGood}' {NodeReporter.Errors}; then final=1; fi
              if grep -qE '{MayHeal}' {NodeReporter.Errors}; then final=0; fi
              if [ $attempt -ge {Attempts} ] || [ $final -eq 1 ]; then
                if grep -qE '{ForGood}|{NotReached}' {NodeReporter.Errors}; then
                  {NodeReporter.GivesUpForPackages("the packages could not be installed: $reason")}
                else
                  {NodeReporter.GivesUp("the packages could not be installed: $reason")}
                fi
                exit 1
              fi
              {NodeReporter.TriesAgain("the packages could not be installed: $reason")}
              attempt=$((attempt + 1))
              sleep {PauseSeconds}
            done

            """;

    private static bool WritesConfig(NodeDocument node) => node.Cluster.Nodes.Files.All(file => file.Path != ContainerdConfig);

    private static string Script(NodeDocument node)
    {
        var sources = node.Cluster.Nodes.Packages;
        var version = node.Cluster.KubernetesVersion;
        var script = new StringBuilder(
            $"""
            set -e
            here={NodeBootstrap.Folder}
            export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

            """
        );
        if (sources?.CaPem is not null)
        {
            script.Append("update-ca-certificates\n");
        }

        if (sources?.AptMirror is not null)
        {
            // Ubuntu names its archive in one of two files, by the age of the release.
            script.Append(
                $"""
                release=$(grep '^VERSION_CODENAME=' /etc/os-release | cut -d= -f2)
                sed "s/RELEASE/$release/g" {Here}/ubuntu.sources >/etc/apt/sources.list.d/ubuntu.sources
                echo >/etc/apt/sources.list

                """
            );
        }

        if (sources?.Key is null)
        {
            script.Append(
                $"""
                mkdir -p /etc/apt/keyrings
                curl -fsSL -K {Here}/key.curl >{KeyPath}

                """
            );
        }

        // apt takes the newest build of the version. What was cut in the middle is finished first.
        script.Append(
            $"""
            dpkg --configure -a
            apt-get -q update
            apt-get -q -y --no-install-recommends --allow-change-held-packages -o DPkg::Lock::Timeout=600 \
              -o Dpkg::Options::=--force-confold install {Tools} \
              'kubelet={version}-*' 'kubeadm={version}-*' 'kubectl={version}-*'
            apt-mark hold {Held}

            """
        );
        if (WritesConfig(node))
        {
            script.Append(
                $"""
                sandbox=$(kubeadm config images list --kubernetes-version v{version} | grep /pause:)
                form=2
                if containerd config default | grep -q '^version = 3'; then form=3; fi
                mkdir -p /etc/containerd
                sed "s#SANDBOX#$sandbox#" {Here}/containerd-$form.toml >{ContainerdConfig}

                """
            );
        }

        script.Append(
            """
            systemctl enable containerd kubelet
            systemctl restart containerd

            """
        );
        return script.ToString();
    }

    private static string KeyFetch(string repository, AptProxy proxy)
    {
        var text = new StringBuilder($"url = \"{repository}Release.key\"\nconnect-timeout = 20\nmax-time = 120\n");
        if (proxy.For(repository) is { } url)
        {
            text.Append($"proxy = \"{url}\"\n");
        }

        return text.ToString();
    }

    private static string Form(int version) => $"{NodeBootstrap.Folder}/containerd-{version}.toml";

    /// <summary>The settings that differ from containerd's defaults, which fill in the rest.</summary>
    /// <param name="pinned">The pause image has a table of its own: from version 3 of the file on, containerd 2.</param>
    private static string Containerd(string images, string runtime, bool pinned)
    {
        var sandbox = pinned
            ? $"[plugins.\"{images}\".pinned_images]\n  sandbox = \"SANDBOX\"\n"
            : $"[plugins.\"{images}\"]\n  sandbox_image = \"SANDBOX\"\n";
        return $"""
            version = {(pinned ? 3 : 2)}
            {sandbox}
            [plugins."{images}".registry]
              config_path = "/etc/containerd/certs.d"

            [plugins."{runtime}".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"

            [plugins."{runtime}".containerd.runtimes.runc.options]
              SystemdCgroup = true

            """;
    }
}
