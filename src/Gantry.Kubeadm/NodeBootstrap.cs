using System.Text;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Kubeadm;

/// <summary>
/// The systemd unit that makes a machine a node. cloud-init runs a script once, and a machine may lose power in it: the unit
/// starts again at each boot until kubeadm has ended well, and then removes itself and all that it was given.
/// </summary>
internal static class NodeBootstrap
{
    /// <summary>On the disk, because a reboot empties <c>/run</c>.</summary>
    public const string Folder = "/var/lib/gantry/bootstrap";

    public const string ConfigPath = $"{Folder}/kubeadm.yaml";
    public const string DiscoveryPath = $"{Folder}/discovery.conf";

    /// <summary><see cref="Folder"/> in the script.</summary>
    public const string Here = "$here";

    private const string ScriptPath = $"{Folder}/bootstrap.sh";
    private const string Unit = "gantry-bootstrap.service";
    private const string UnitPath = $"/etc/systemd/system/{Unit}";

    // A file enables the unit, and no command of cloud-init: cloud-init counts its commands as run when it begins them, and a
    // machine that loses power just then would never start the unit.
    private const string WantPath = "/etc/systemd/system/multi-user.target.d/gantry-bootstrap.conf";

    private const string Sysctl = "/etc/sysctl.d/99-kubernetes.conf";

    /// <summary>kubeadm was started, so that what an attempt leaves behind may lie on the disk.</summary>
    private const string Attempted = $"{Here}/attempted";

    /// <summary>kubeadm has ended well.</summary>
    private const string Joined = $"{Here}/joined";

    /// <summary>The preparation has ended: what it copied is how cloud-init left the machine.</summary>
    private const string Prepared = $"{Here}/prepared";

    private const string Manifests = "/etc/kubernetes/manifests";

    private const int InitAttempts = 3;

    // One attempt every ten seconds for twelve hours. A control plane joins only after the ones before it in the queue.
    private const int JoinAttempts = 4320;

    // After a boot the kubelet may need four minutes until its static pods serve.
    private const int LooksAfterBoot = 24;

    public static IEnumerable<CloudFile> Files(NodeDocument node)
    {
        yield return new CloudFile("/etc/modules-load.d/kubernetes.conf", "overlay\nbr_netfilter\n");
        yield return new CloudFile(
            Sysctl,
            "net.bridge.bridge-nf-call-iptables = 1\nnet.bridge.bridge-nf-call-ip6tables = 1\nnet.ipv4.ip_forward = 1\n"
        );
        yield return NodeReporter.File;
        yield return NodeSecrets.File;
        yield return new CloudFile(
            UnitPath,
            $"""
            [Unit]
            Description=Makes this machine a node of its Kubernetes cluster
            Wants=network-online.target
            After=network-online.target cloud-config.service containerd.service
            ConditionPathExists={ScriptPath}

            [Service]
            Type=oneshot
            ExecStart=/bin/sh {ScriptPath}
            TimeoutStartSec=infinity

            """
        );
        yield return new CloudFile(ScriptPath, Script(node), "0700");
        yield return new CloudFile(WantPath, $"[Unit]\nWants={Unit}\n");
    }

    /// <summary>cloud-init waits for the unit, so that its own report carries the unit's failure.</summary>
    public static IReadOnlyList<string[]> Commands { get; } =
    [
        ["systemctl", "daemon-reload"],
        ["systemctl", "start", Unit],
    ];

    private static string Script(NodeDocument node)
    {
        var environment = node.Cluster.Nodes;
        var script = new StringBuilder(Prepare);
        script.Append($"if [ ! -e {Prepared} ]; then\n");
        if (node.Cluster.InstallsPackages)
        {
            script.Append(NodePackages.Install);
        }

        if (environment.Proxy is not null || environment.RegistryMirrors.Count > 0)
        {
            script.Append("systemctl restart containerd\n");
        }

        foreach (var command in environment.PreKubeadmCommands)
        {
            script.Append(command).Append('\n');
        }

        script.Append(NodePrograms.Check(node.Cluster.Image));
        script.Append(NodeAddress.Script(node));
        script.Append(
            $"""
            rm -rf {Here}/etc-kubernetes {Here}/var-lib-kubelet
            cp -a /etc/kubernetes {Here}/etc-kubernetes
            cp -a /var/lib/kubelet {Here}/var-lib-kubelet
            touch {Prepared}
            fi

            """
        );
        if (node.Bootstrap is not Bootstrap.JoinWorker)
        {
            script.Append(CheckFiles(environment));
        }

        script.Append(
            node.Bootstrap switch
            {
                Bootstrap.InitControlPlane => Init(node),
                Bootstrap.JoinControlPlane => Join(MarkOrPutBack(node)),
                _ => Join(StayOrPutBack),
            }
        );
        foreach (var command in environment.PostKubeadmCommands)
        {
            script.Append(command).Append('\n');
        }

        script.Append(NodeSecrets.Forget);
        script.Append(
            $"""
            rm -rf {Here} {WantPath} {UnitPath}
            exit 0

            """
        );
        return script.ToString();
    }

    private const string Prepare = $"""
        #!/bin/sh
        here={Folder}
        swapoff -a
        sed -i '/[[:space:]]swap[[:space:]]/d' /etc/fstab
        mkdir -p /etc/kubernetes /var/lib/kubelet
        modprobe -a overlay br_netfilter 2>{NodeReporter.Errors} && sysctl -p {Sysctl} 2>{NodeReporter.Errors}
        if [ $? -ne 0 ]; then
          cat {NodeReporter.Errors} >&2
          {NodeReporter.ReadReason}
          {NodeReporter.PreparationFailed}
          exit 1
        fi

        """;

    // A component without one of its files ends at once, and kubeadm waits for it for minutes without a word of the reason.
    private static string CheckFiles(NodeEnvironment environment)
    {
        var checks = ComponentFiles
            .Needed(environment)
            .Select(needed =>
                $"[ -e {Quoted(needed.Path)} ] || missing=\"$missing \"{Quoted($"{needed.Path} for {needed.NeededBy};")}"
            )
            .ToList();
        return checks.Count is 0
            ? ""
            : $"""
                missing=
                {string.Join('\n', checks)}
                if [ -n "$missing" ]; then
                  reason=$(echo "this machine lacks$missing" | sed 's/;$//')
                  echo "$reason" >&2
                  {NodeReporter.PreparationFailed}
                  exit 1
                fi

                """;
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // An API server that answers has stored what kubeadm has done so far, and others may have joined it: kubeadm goes over it
    // again. Where none answers nothing is worth keeping.
    private static string Init(NodeDocument node) =>
        $"""
            attempt=1
            looks={LooksAfterBoot}
            while [ ! -e {Joined} ]; do
              over=
              if [ -e {Attempted} ]; then
            {Indented(Serves(node), 4)}
                if [ $serves -eq 1 ]; then
                  over=--ignore-preflight-errors=all
                else
            {Indented(PutBack, 6)}
                fi
              fi
              touch {Attempted}
              sync
              if kubeadm init --skip-token-print --config {Here}/kubeadm.yaml $over 2>{NodeReporter.Errors}; then
                touch {Joined}
                sync
                break
              fi
              cat {NodeReporter.Errors} >&2
              {NodeReporter.ReadReason}
              if [ $attempt -ge {InitAttempts} ] || {NodeReporter.IsForGood}; then
                {NodeReporter.GivesUp("kubeadm init: $reason")}
                exit 1
              fi
              {NodeReporter.TriesAgain("kubeadm init: $reason")}
              attempt=$((attempt + 1))
              looks=1
              sleep 10
            done

            """ + (UsesSuperAdmin(node) ? HandOverVirtualIp : "");

    // kube-vip loads its kubeconfig anew when the kubelet has started it again.
    private const string HandOverVirtualIp = $"sed -i 's#{KubeVip.SuperAdminConf}#{KubeVip.AdminConf}#' {KubeVip.ManifestPath}\n";

    /// <param name="afterAttempt">
    /// Finds that an earlier attempt has made the machine a node after all, and then marks it as joined; puts it back otherwise.
    /// </param>
    // A failure counts when the next attempt fails alike. What an attempt left behind hides why that one failed, so both are
    // told.
    private static string Join(string afterAttempt) =>
        $"""
            attempt=1
            looks={LooksAfterBoot}
            last=
            before=
            told=
            while [ ! -e {Joined} ]; do
              if [ -e {Attempted} ]; then
            {Indented(afterAttempt, 4)}
                if [ -e {Joined} ]; then break; fi
              fi
              touch {Attempted}
              sync
              if kubeadm join --config {Here}/kubeadm.yaml 2>{NodeReporter.Errors}; then
                touch {Joined}
                sync
                break
              fi
              cat {NodeReporter.Errors} >&2
              {NodeReporter.ReadReason}
              if {NodeReporter.HasNoToken}; then reason=; fi
              if [ -n "$reason" ] && [ "$reason" = "$last" ] && [ "$reason" != "$told" ]; then
                if {NodeReporter.IsForGood}; then
                  {NodeReporter.GivesUp("kubeadm join: $reason$before")}
                  exit 1
                fi
                {NodeReporter.TriesAgain("kubeadm join: $reason$before")}
                told=$reason
              fi
              if [ -n "$last" ] && [ "$reason" != "$last" ]; then before=" (before that: $last)"; fi
              last=$reason
              if [ $attempt -ge {JoinAttempts} ]; then exit 1; fi
              attempt=$((attempt + 1))
              looks=1
              sleep 10
            done

            """;

    // The kubelet of a worker that has its own credentials has registered its node, or does so when it reaches an API server.
    private const string StayOrPutBack = $"""
        if [ -e /etc/kubernetes/kubelet.conf ]; then
          touch {Joined}
          break
        fi
        {PutBack}
        """;

    // A control plane whose API server answers is a member of etcd: only the label and the taint are left to do.
    private static string MarkOrPutBack(NodeDocument node) =>
        $"""
            {Serves(node)}
            if [ $serves -eq 1 ] && kubeadm join phase control-plane-join mark-control-plane --config {Here}/kubeadm.yaml; then
              touch {Joined}
            else
            {Indented(PutBack, 2)}
            fi
            """;

    // "kubeadm reset" stops the kubelet and its pods, and takes the machine's member out of etcd where it can. It also removes
    // the certificates and manifests that cloud-init wrote. The folders may be file systems of their own, and volumes that it
    // could not unmount keep their content.
    private const string PutBack = $"""
        timeout 300 kubeadm reset --force
        find /etc/kubernetes /var/lib/kubelet /var/lib/etcd -xdev -mindepth 1 -delete
        cp -a {Here}/etc-kubernetes/. /etc/kubernetes
        cp -a {Here}/var-lib-kubelet/. /var/lib/kubelet
        """;

    // Asked by the node's name, which is in the certificate and in /etc/hosts: the endpoint may lead to another control plane.
    // kubeadm writes the manifest of etcd after that of the API server when it joins, and without etcd no API server ever serves.
    private static string Serves(NodeDocument node)
    {
        var conf =
            node.Bootstrap is Bootstrap.InitControlPlane && HasSuperAdmin(node) ? KubeVip.SuperAdminConf : KubeVip.AdminConf;
        var server = $"https://{node.Node.Hostname.ToLowerInvariant()}:{EndpointPlan.Port}";
        return $"""
            serves=0
            if [ -e {Manifests}/kube-apiserver.yaml ] && [ -e {Manifests}/etcd.yaml ] && [ -e {conf} ]; then
              cp -p {conf} {Here}/local.conf
              sed -i 's#server:.*#server: {server}#' {Here}/local.conf
              while [ $looks -gt 0 ]; do
                if timeout 20 kubeadm token list --kubeconfig {Here}/local.conf >/dev/null 2>&1; then
                  serves=1
                  break
                fi
                looks=$((looks - 1))
                sleep 10
              done
            fi
            """;
    }

    public static bool HasSuperAdmin(NodeDocument node) => KubeadmConfigs.Minor(node.Cluster.KubernetesVersion) >= 29;

    /// <summary>Whether kube-vip uses the kubeconfig of the super admin until <c>kubeadm init</c> has ended.</summary>
    public static bool UsesSuperAdmin(NodeDocument node) =>
        node.Bootstrap is Bootstrap.InitControlPlane && node.Cluster.Endpoint is EndpointChoice.VirtualIp && HasSuperAdmin(node);

    private static string Indented(string lines, int spaces) =>
        string.Join('\n', lines.TrimEnd('\n').Split('\n').Select(line => new string(' ', spaces) + line));
}
