namespace Gantry.Server.Packs;

/// <summary>The built-in registry, under the name that clients of the public API use.</summary>
public static class PackRegistry
{
    public const string Uid = "64eaff453040297344bcad5d";
    public const string Name = "Public Repo";

    /// <summary>The uid that clients write for a pack that holds only manifests.</summary>
    public const string ManifestPackUid = "spectro-manifest-pack";

    public static IReadOnlyList<CatalogPack> All => PackCatalog.All;

    /// <param name="name">For a second use of a pack in one profile: <c>ANYTHING--NAME</c>.</param>
    /// <param name="tag">A version, a train such as <c>1.33.x</c>, or empty for the newest.</param>
    public static (CatalogPack? Pack, string? Problem) Find(string? uid, string name, string? tag)
    {
        if (!string.IsNullOrEmpty(uid))
        {
            if (PackCatalog.Find(uid) is not { } byUid)
            {
                return (null, $"names no pack by uid '{Api.ApiError.Shown(uid)}'; GET /v1/packs lists them");
            }

            // Two names of one thing that differ: whichever is taken, an edit of the other is lost without a word.
            return byUid.Name == PlainName(name) && Matches(byUid.Version, tag)
                ? (byUid, null)
                : (
                    null,
                    $"names '{Api.ApiError.Shown($"{name} {tag}")}', and its uid is that of {byUid.Name} {byUid.Version}; leave the uid "
                        + "out, or write the uid of the pack that you mean"
                );
        }

        var plain = PlainName(name);
        CatalogPack[] named = [.. All.Where(pack => pack.Name == plain)];
        if (named.Length == 0)
        {
            return (
                null,
                $"names no pack '{Api.ApiError.Shown(plain)}'; there is: "
                    + $"{string.Join(", ", All.Select(pack => pack.Name).Distinct())}"
            );
        }

        return (named.FirstOrDefault(pack => Matches(pack.Version, tag)) ?? PackCatalog.Find(plain, tag ?? "")) is { } found
            ? (found, null)
            : (
                null,
                $"asks for version '{Api.ApiError.Shown(tag ?? "")}' of {plain}; there is: "
                    + $"{string.Join(", ", named.Select(pack => pack.Version))}"
                    + (named[0].Layer is "k8s" ? ", and any other patch release of these" : "")
            );
    }

    /// <summary>The pack behind a layer's name.</summary>
    public static string PlainName(string name) =>
        name[(name.LastIndexOf("--", StringComparison.Ordinal) is var at and >= 0 ? at + 2 : 0)..];

    private static bool Matches(string version, string? tag) =>
        string.IsNullOrEmpty(tag)
        || tag == version
        || (tag.EndsWith(".x", StringComparison.Ordinal) && version.StartsWith(tag[..^1], StringComparison.Ordinal));
}
