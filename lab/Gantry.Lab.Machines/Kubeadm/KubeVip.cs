using System.Net;
using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines.CloudInit;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>
/// The effect of the kube-vip static pod in a machine's manifests: the virtual IP it competes for, or why it holds none.
/// </summary>
/// <param name="Address">Null if the pod does not exist or does not start.</param>
/// <param name="Problem">Why an existing pod holds no address.</param>
internal sealed record KubeVip(string? Address, int Port, string? Problem)
{
    private const string Manifests = "/etc/kubernetes/manifests/";

    /// <param name="initializing">
    /// kubeadm 1.29 or later has not yet bound <c>kubeadm:cluster-admins</c>, so <c>admin.conf</c> has no access to the lease.
    /// </param>
    public static KubeVip Read(MachineFiles files, InstalledMachine machine, bool initializing)
    {
        foreach (
            var path in files
                .Below(Manifests)
                .Where(path =>
                    path.EndsWith(".yaml", StringComparison.Ordinal) || path.EndsWith(".yml", StringComparison.Ordinal)
                )
        )
        {
            JsonObject? pod;
            try
            {
                pod = YamlText.Documents(files.Find(path)!.Text, uniqueKeys: false).OfType<JsonObject>().FirstOrDefault();
            }
            catch (FormatException)
            {
                continue;
            }

            var container = (pod?["spec"]?["containers"] as JsonArray ?? [])
                .OfType<JsonObject>()
                .FirstOrDefault(c => c["image"]?.ToString().Contains("kube-vip", StringComparison.Ordinal) is true);
            if (pod is not null && container is not null)
            {
                return Read(files, machine, pod, container, initializing);
            }
        }

        return new KubeVip(null, 0, Problem: null);
    }

    private static KubeVip Read(
        MachineFiles files,
        InstalledMachine machine,
        JsonObject pod,
        JsonObject container,
        bool initializing
    )
    {
        var environment = (container["env"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .GroupBy(variable => variable["name"]?.ToString() ?? "", StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Last()["value"]?.ToString() ?? "", StringComparer.Ordinal);
        string Value(string name) => environment.GetValueOrDefault(name, "");
        static KubeVip Broken(string problem) => new(null, 0, problem);
        if (pod["spec"]?["hostNetwork"]?.ToString() is not "true")
        {
            return Broken("kube-vip needs hostNetwork: true");
        }

        if (Value("cp_enable") != "true")
        {
            return Broken("kube-vip has no cp_enable=true: it serves no control plane address");
        }

        if (Value("vip_arp") != "true")
        {
            return Broken("kube-vip has no vip_arp=true, and the lab's network speaks no BGP");
        }

        var address = Value("address").Length > 0 ? Value("address") : Value("vip_address");
        if (!IPAddress.TryParse(address, out var announced))
        {
            return Broken($"kube-vip's address is \"{address}\", which is no IP address");
        }

        if (Unheard(machine, Value("vip_interface"), announced) is { } unheard)
        {
            return Broken(unheard);
        }

        var inContainer = Value("k8s_config_file") is { Length: > 0 } given ? given : "/etc/kubernetes/admin.conf";
        var mount = (container["volumeMounts"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .Where(m =>
                inContainer == m["mountPath"]?.ToString()
                || inContainer.StartsWith((m["mountPath"]?.ToString() ?? "?").TrimEnd('/') + "/", StringComparison.Ordinal)
            )
            .MaxBy(m => m["mountPath"]!.ToString().Length);
        var volume = (pod["spec"]?["volumes"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .FirstOrDefault(v => v["name"]?.ToString() == mount?["name"]?.ToString());
        if (mount is null || volume?["hostPath"]?["path"]?.ToString() is not { } hostPath)
        {
            return Broken($"kube-vip mounts no kubeconfig at {inContainer}");
        }

        var onHost = hostPath.TrimEnd('/') + inContainer[mount["mountPath"]!.ToString().TrimEnd('/').Length..];
        if (files.Find(onHost) is not { } kubeconfig)
        {
            return Broken($"kube-vip's kubeconfig {onHost} is not there");
        }

        if (initializing && !NodeCertificates.IsInGroup(kubeconfig.Text, "system:masters"))
        {
            return Broken(
                $"leases.coordination.k8s.io \"plndr-cp-lock\" is forbidden to the user of {onHost}: from 1.29 on "
                    + "admin.conf has no rights "
                    + "until kubeadm has bound kubeadm:cluster-admins, for which it needs the address; use super-admin.conf "
                    + "on the first machine"
            );
        }

        return new KubeVip(address, int.TryParse(Value("port"), out var port) ? port : 6443, Problem: null);
    }

    // Without an interface kube-vip takes that of the default route. An address is found by the machines of the network alone in
    // which it is announced.
    private static string? Unheard(InstalledMachine machine, string named, IPAddress address)
    {
        if (machine.Interfaces.Count is 0)
        {
            return null;
        }

        var name =
            named.Length > 0
                ? named
                : (machine.Interfaces.FirstOrDefault(one => one.HasDefaultRoute) ?? machine.Interfaces[0]).Interface;
        var addresses = machine.Interfaces.Where(one => one.Interface == name).ToList();
        return addresses.Count is 0 ? $"kube-vip's interface \"{name}\" is not there"
            : addresses.Exists(one => one.IsBeside(address)) ? null
            : $"kube-vip announces {address} on {name}, whose network is that of {addresses[0].Ip}/{addresses[0].Prefix}: nobody hears it";
    }
}
