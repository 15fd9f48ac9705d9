using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Packs;

namespace Gantry.Server.Profiles;

/// <summary>Edits of single packs: another version, single values. Pure.</summary>
public static class PackEdits
{
    /// <param name="field">The change's place in the request, with a trailing dot; empty when the change is the
    /// request.</param>
    public static ProfilePack Changed(Check check, string field, ProfilePack pack, PackChange change)
    {
        check.That(
            !string.IsNullOrEmpty(change.Tag) || change.Set is { Count: > 0 },
            $"{field}set",
            "is missing; give values to set, tag, or both"
        );
        var values = (change.Set ?? new Dictionary<string, string>())
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Aggregate(
                pack.Values,
                (yaml, pair) => PackText.Set(check, $"{field}set.{ApiError.Shown(pair.Key)}", yaml, pair.Key, pair.Value)
            );
        return Tagged(check, $"{field}tag", pack, change.Tag) with { Values = values };
    }

    /// <summary>
    /// Selects the pack's version when the pack has this Kubernetes version; otherwise sets a value of the present pack,
    /// which takes precedence.
    /// </summary>
    public static PackChange Upgrade(ProfilePack kubernetes, KubernetesVersion version)
    {
        var text = version.ToString();
        var isPack = kubernetes.Type is "spectro" && PackRegistry.Find(uid: null, kubernetes.Name, text).Pack is not null;
        var isValue = !isPack || PackText.Has(kubernetes.Values, "pack", "version");
        return new PackChange(
            kubernetes.Name,
            isPack ? text : null,
            isValue ? new Dictionary<string, string> { ["pack.version"] = text } : null
        );
    }

    public static ProfilePack Tagged(Check check, string field, ProfilePack pack, string? tag)
    {
        if (
            string.IsNullOrEmpty(tag)
            || pack.Type is not "spectro"
            || tag == pack.Version
            || (tag.EndsWith(".x", StringComparison.Ordinal) && pack.Version.StartsWith(tag[..^1], StringComparison.Ordinal))
        )
        {
            return pack;
        }

        var (found, problem) = PackRegistry.Find(uid: null, pack.Name, tag);
        if (found is null)
        {
            check.Problem(field, problem!);
            return pack;
        }

        return pack with
        {
            Version = found.Version,
            PackUid = found.Uid,
        };
    }
}
