using System.Security.Cryptography;
using System.Text;

namespace Gantry.Console.Packs;

/// <param name="Uid">Made from name and version, so that it is the same on every console.</param>
public sealed record RegistryPack(string Uid, string Layer, string Name, string Version, string DisplayName, string Values);

/// <summary>The built-in registry, by the name under which clients of the public API look for one.</summary>
public static class PackRegistry
{
    public const string Uid = "64eaff453040297344bcad5d";
    public const string Name = "Public Repo";

    /// <summary>What clients write as uid of a pack that is only manifests.</summary>
    public const string ManifestPackUid = "spectro-manifest-pack";

    public static IReadOnlyList<RegistryPack> All { get; } =
    [
        New("os", "ubuntu-maas", "24.04", "Ubuntu", "image: ubuntu/noble\n"),
        New("k8s", "kubernetes", "1.33.4", "Kubernetes", "version: 1.33.4\n"),
        New("cni", "cni-calico", "3.30.2", "Calico", ""),
        New("csi", "csi-local-path", "0.0.31", "Local path", ""),
    ];

    /// <param name="name">For a second use of a pack in one profile: <c>ANYTHING--NAME</c>.</param>
    /// <param name="tag">A version, a train such as <c>1.33.x</c>, or nothing for the newest.</param>
    public static (RegistryPack? Pack, string? Problem) Find(string? uid, string name, string? tag)
    {
        if (!string.IsNullOrEmpty(uid))
        {
            return All.FirstOrDefault(pack => pack.Uid == uid) is { } byUid
                ? (byUid, null)
                : (null, $"names no pack by uid '{Api.ApiError.Shown(uid)}'; GET /v1/packs lists them");
        }

        var plain = name[(name.LastIndexOf("--", StringComparison.Ordinal) is var at and >= 0 ? at + 2 : 0)..];
        RegistryPack[] named = [.. All.Where(pack => pack.Name == plain)];
        if (named.Length == 0)
        {
            return (null, $"names no pack '{Api.ApiError.Shown(plain)}'; there is: {string.Join(", ", All.Select(pack => pack.Name).Distinct())}");
        }

        return named.FirstOrDefault(pack => Matches(pack.Version, tag)) is { } found
            ? (found, null)
            : (null, $"asks for version '{Api.ApiError.Shown(tag ?? "")}' of {plain}; there is: {string.Join(", ", named.Select(pack => pack.Version))}");
    }

    private static bool Matches(string version, string? tag) =>
        string.IsNullOrEmpty(tag) || tag == version
        || (tag.EndsWith(".x", StringComparison.Ordinal) && version.StartsWith(tag[..^1], StringComparison.Ordinal));

    private static RegistryPack New(string layer, string name, string version, string displayName, string values) =>
        new(UidOf(name, version), layer, name, version, displayName, values);

    private static string UidOf(string name, string version) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}:{version}")))[..24];
}
