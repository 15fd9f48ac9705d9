namespace Gantry.Clusters.Model;

/// <summary>
/// A file or folder of a machine that a component of the control plane sees: <c>HostPathMount</c> of kubeadm's configuration.
/// </summary>
/// <param name="Name">Unique in its component.</param>
/// <param name="PathType">The type that the kubelet demands, for example <c>File</c>; <c>null</c> demands none.</param>
public sealed record ComponentVolume(string Name, string HostPath, string MountPath, bool ReadOnly, string? PathType = null)
{
    /// <summary>The types of a <c>hostPath</c> of Kubernetes.</summary>
    public static ValueList<string> PathTypes { get; } =
    ["DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"];

    /// <summary>The kubelet starts the component only where the path exists.</summary>
    public bool HasToExist => PathType is not (null or "DirectoryOrCreate" or "FileOrCreate");
}
