namespace Gantry.Clusters.Model;

/// <summary>Where the machines of a stock image get Kubernetes and its container runtime from.</summary>
public sealed record PackageSources
{
    /// <summary>Stands for the minor version, for example <c>1.36</c>, in <see cref="Repository"/>.</summary>
    public const string MinorPlaceholder = "{minor}";

    /// <summary>
    /// The repository of the Kubernetes project: one for each minor version (kubernetes.io, "Installing kubeadm").
    /// </summary>
    public const string PublicRepository = "https://pkgs.k8s.io/core:/stable:/v{minor}/deb/";

    /// <summary>The URL of the repository with kubelet, kubeadm and kubectl; <c>null</c> for the public one.</summary>
    public string? Repository { get; init; }

    /// <summary>
    /// The repository's public key, ASCII-armored OpenPGP; <c>null</c> reads <c>Release.key</c> from the repository.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>The proxy of apt; <c>null</c> for the proxy of the nodes, if there is one.</summary>
    public string? Proxy { get; init; }

    /// <summary>The URL of a mirror of Ubuntu's archive; <c>null</c> for the one that MAAS gives to the machine.</summary>
    public string? AptMirror { get; init; }

    /// <summary>Authorities that a machine trusts beside its own before it connects to a repository.</summary>
    public string? CaPem { get; init; }

    /// <summary>The repository's URL for a version, with a slash at its end.</summary>
    public static string RepositoryFor(PackageSources? sources, KubernetesVersion version) =>
        (sources?.Repository ?? PublicRepository)
            .Replace(MinorPlaceholder, $"1.{version.Minor}", StringComparison.Ordinal)
            .TrimEnd('/') + "/";
}
