namespace Gantry.Lab.Machines.Packages;

/// <summary>
/// The package repositories that machines of the lab reach. It holds names and versions; the packages themselves are the lab's
/// own programs.
/// </summary>
public sealed record PackageArchive
{
    private const string UbuntuArchive = "http://archive.ubuntu.com/ubuntu/";

    // The newest patch release of each minor version in the Kubernetes project's repositories.
    private static readonly (int Minor, int Patch)[] Newest =
    [
        (28, 15),
        (29, 15),
        (30, 14),
        (31, 14),
        (32, 13),
        (33, 13),
        (34, 12),
        (35, 10),
        (36, 5),
        (37, 2),
    ];

    /// <summary>The repositories of the Kubernetes project, and Ubuntu's archive.</summary>
    public static PackageArchive Public { get; } = new();

    /// <summary>No server outside of the lab is reached.</summary>
    public static PackageArchive None { get; } = new() { Kubernetes = [], Ubuntu = [] };

    /// <summary>
    /// Repositories with kubelet, kubeadm, kubectl, cri-tools and kubernetes-cni: those of the project, and a site's mirror of them
    /// that nobody has brought up to date.
    /// </summary>
    public IReadOnlyList<PackageRepository> Kubernetes { get; init; } =
    [
        .. Newest.Select(newest => new PackageRepository(
            $"https://mirror.lab/kubernetes/v1.{newest.Minor}/deb/",
            [.. Enumerable.Range(0, 2).Select(patch => $"1.{newest.Minor}.{patch}")]
        )),
        .. Newest.Select(newest => new PackageRepository(
            $"https://pkgs.k8s.io/core:/stable:/v1.{newest.Minor}/deb/",
            [.. Enumerable.Range(0, newest.Patch + 1).Select(patch => $"1.{newest.Minor}.{patch}")]
        )),
    ];

    /// <summary>Ubuntu's archive and its mirrors.</summary>
    public IReadOnlyList<string> Ubuntu { get; init; } = [UbuntuArchive, "http://security.ubuntu.com/ubuntu/"];

    /// <summary>Proxies that machines reach; every repository is reached without one too, unless it needs one.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = [];

    /// <summary>The machines have no way out of their own: they reach repositories through a proxy alone.</summary>
    public bool NeedsProxy { get; init; }

    internal static string DefaultSource => UbuntuArchive;
}

/// <param name="Url">With a slash at its end.</param>
/// <param name="Versions">Of Kubernetes.</param>
public sealed record PackageRepository(string Url, IReadOnlyList<string> Versions)
{
    public const string PublicKey =
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nthe key of the lab's repositories\n-----END PGP PUBLIC KEY BLOCK-----\n";

    /// <summary>The key that signs the repository, as <c>Release.key</c> has it.</summary>
    public string Key { get; init; } = PublicKey;
}
