namespace Gantry.Kubeadm;

/// <summary>
/// How a machine that has become a node forgets its document. cloud-init keeps copies of it for later boots, with the token and
/// with all files that an operator gave to the machine.
/// </summary>
internal static class NodeSecrets
{
    // Without its cached data source cloud-init would take the next boot for that of another machine when MAAS does not answer,
    // and ask MAAS for the document otherwise. So the cache stays, without the document. Names of files: cloudinit.helpers.Paths;
    // the fields of the data source: cloudinit.sources.DataSource.
    private const string Program = """
        import os
        import pickle

        instance = "/var/lib/cloud/instance/"
        with open(instance + "obj.pkl", "rb") as file:
            source = pickle.load(file)
        source.userdata_raw = b""
        source.userdata = None
        source.sys_cfg = {key: value for key, value in source.sys_cfg.items() if key != "write_files"}
        with open(os.open(instance + "obj.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400), "wb") as file:
            pickle.dump(source, file)
        os.replace(instance + "obj.new", instance + "obj.pkl")
        for name in ("user-data.txt", "user-data.txt.i", "cloud-config.txt"):
            if os.path.exists(instance + name):
                os.remove(instance + name)

        """;

    public static CloudFile File { get; } = new($"{NodeBootstrap.Folder}/forget.py", Program, "0700");

    // kubeadm removes the token's kubeconfig itself when nothing interrupts it.
    public const string Forget = $"""
        timeout 60 python3 {NodeBootstrap.Here}/forget.py || true
        rm -f /etc/kubernetes/bootstrap-kubelet.conf

        """;
}
