using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Gantry.Server.Api;
using Gantry.Server.Store;

namespace Gantry.Server.Packs;

/// <param name="Uid">Derived from name and version, so that it is the same on every console.</param>
/// <param name="Values">The default values (YAML) of a profile's layer.</param>
/// <param name="Manifest">Kubernetes objects with placeholders; empty for layers that are not applied to a cluster.</param>
/// <param name="Folder">Where its resources are, with a slash at the end.</param>
/// <param name="Readme">What the pack is for and what it can be told, as Markdown.</param>
public sealed record CatalogPack(
    string Uid,
    string Layer,
    string Name,
    string Version,
    string DisplayName,
    string Values,
    string Manifest,
    string Readme,
    string Folder
);

/// <summary>The packs of the repository's <c>packs</c> folder, which are built in.</summary>
public static class PackCatalog
{
    private const string Root = "packs/";

    // From the machine upwards, the order of layers in a profile.
    private static readonly string[] Layers = ["os", "k8s", "cni", "csi", "addon"];

    /// <summary>Sorted by layer and name; of one name, the newest version first.</summary>
    public static IReadOnlyList<CatalogPack> All { get; } = [.. ReadAll().OrderBy(pack => Array.IndexOf(Layers, pack.Layer))];

    /// <summary>
    /// Patch releases of Kubernetes that are not listed, by uid. Only the version that a profile names distinguishes them: kubeadm and the
    /// kubelet come with the image.
    /// </summary>
    private static readonly Lazy<Dictionary<string, CatalogPack>> OtherPatches = new(() =>
        All.Where(pack => pack.Layer is "k8s")
            .DistinctBy(pack => (pack.Name, Train(pack.Version)))
            .SelectMany(pack =>
                Enumerable
                    .Range(0, 100)
                    .Select(patch => $"{Train(pack.Version)}.{patch}")
                    .Select(version => pack with { Uid = UidOf(pack.Name, version), Version = version })
            )
            .ToDictionary(pack => pack.Uid, StringComparer.Ordinal)
    );

    /// <summary>The pack with this uid, listed or another patch release of Kubernetes.</summary>
    public static CatalogPack? Find(string uid) =>
        All.FirstOrDefault(pack => pack.Uid == uid) ?? OtherPatches.Value.GetValueOrDefault(uid);

    /// <summary>The pack of this name and version, listed or another patch release of Kubernetes.</summary>
    public static CatalogPack? Find(string name, string version) => Find(UidOf(name, version));

    // 1.36 of 1.36.5.
    private static string Train(string version) => version[..version.LastIndexOf('.')];

    private static IEnumerable<CatalogPack> ReadAll()
    {
        var assembly = typeof(PackCatalog).Assembly;
        foreach (
            var resource in assembly
                .GetManifestResourceNames()
                .Where(name => name.EndsWith("/pack.json", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        )
        {
            var folder = resource[..^"pack.json".Length];
            var pack = StoreJson.Read<PackFile>(
                Read(assembly, resource) ?? throw new InvalidOperationException($"{Root}: {resource} is empty.")
            );
            foreach (var version in pack.Versions)
            {
                yield return new CatalogPack(
                    UidOf(pack.Name, version),
                    pack.Layer,
                    pack.Name,
                    version,
                    pack.DisplayName,
                    Read(assembly, folder + "values.yaml") ?? "",
                    Read(assembly, folder + "manifest.yaml") ?? "",
                    Read(assembly, folder + "README.md") ?? "",
                    folder
                );
            }
        }
    }

    /// <summary>The logo as PNG.</summary>
    public static byte[] Logo(CatalogPack pack)
    {
        var name = pack.Folder + "logo.png";
        using var stream = typeof(PackCatalog).Assembly.GetManifestResourceStream(name);
        using var copy = new MemoryStream();
        (stream ?? throw new InvalidOperationException($"{name} is missing.")).CopyTo(copy);
        return copy.ToArray();
    }

    private static string? Read(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource);
        if (stream is null)
        {
            return null;
        }

        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static string UidOf(string name, string version) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}:{version}")))[..24];

    private sealed record PackFile(string Name, string DisplayName, string Layer, IReadOnlyList<string> Versions);
}
