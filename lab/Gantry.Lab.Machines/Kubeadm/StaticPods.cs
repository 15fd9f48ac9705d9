namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>The control plane's components on a machine: the kubelet runs those whose manifests are there.</summary>
internal static class StaticPods
{
    public const string Folder = "/etc/kubernetes/manifests";
    public const string EtcdFolder = "/var/lib/etcd";

    public static string PathOf(string component) => $"{Folder}/{component}.yaml";

    public static bool Runs(MachineState machine, string component) =>
        machine.KubeletRuns && machine.Files.Find(PathOf(component)) is not null;
}
