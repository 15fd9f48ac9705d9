using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Packs;
using Gantry.Server.Profiles;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>The clients' choice of profiles, and the cluster's copies of them, in the same order.</summary>
public sealed record Attached(IReadOnlyList<ProfileChoice> Choices, IReadOnlyList<AttachedProfile> Profiles);

/// <summary>
/// Resolves the profiles of a cluster. A cluster holds a copy of the version published when it last took the profile over;
/// naming the profile again takes over the version published now.
/// </summary>
public sealed class ProfileResolver(ConsoleDb db)
{
    /// <summary>The profiles of a new cluster, or a replacement of all its profiles.</summary>
    /// <param name="field">The list in the request.</param>
    /// <param name="projectUid">The cluster's project: profiles come from it or from the tenant; null takes any in the
    /// caller's scope.</param>
    /// <returns>Null when <paramref name="check"/> has problems with them.</returns>
    public async Task<Attached?> AllAsync(
        Check check,
        string field,
        string? projectUid,
        IReadOnlyList<ProfileChoice> choices,
        CancellationToken cancellationToken
    )
    {
        if (choices.Count == 0)
        {
            check.Problem(field, "is empty; name a cluster profile by uid");
            return null;
        }

        return await AddAsync(check, field, projectUid, new Attached([], []), choices, (_, _, _) => null, cancellationToken);
    }

    /// <summary>
    /// Takes the named profiles over: an attached one anew, another version in place of the attached one
    /// (<c>replaceWithProfile</c>, or the same name), any other in addition. <c>packValues</c> are all values of a profile: a pack
    /// that they do not name has those of the profile again. Without <c>packValues</c>, the earlier ones stay.
    /// </summary>
    /// <returns>Null when <paramref name="check"/> has problems with them.</returns>
    public Task<Attached?> PatchedAsync(
        Check check,
        string field,
        string? projectUid,
        Attached before,
        IReadOnlyList<ProfileChoice> choices,
        CancellationToken cancellationToken
    ) => AddAsync(check, field, projectUid, before, choices, Replaced, cancellationToken);

    /// <exception cref="ApiException">Status 404: a profile is not attached.</exception>
    public static Attached Without(Attached before, IReadOnlyList<string> uids)
    {
        if (uids.FirstOrDefault(uid => before.Profiles.All(profile => profile.Uid != uid)) is { } missing)
        {
            throw ApiError.NotFound("attached profile", missing);
        }

        return new Attached(
            [.. before.Choices.Where(choice => !uids.Contains(choice.Uid))],
            [.. before.Profiles.Where(profile => !uids.Contains(profile.Uid))]
        );
    }

    /// <summary>Changes one pack in the cluster's copies; the profiles are not taken over again.</summary>
    /// <param name="field">The change's place in the request, with a trailing dot; empty when the change is the
    /// request.</param>
    /// <exception cref="ApiException">Status 404: no attached profile has the pack.</exception>
    public static Attached WithPack(Check check, string field, Attached before, PackChange change)
    {
        var profile =
            before.Profiles.FirstOrDefault(one => one.Template.Packs.Any(pack => pack.Name == change.Name))
            ?? throw ApiError.NotFound("pack of the cluster named", change.Name ?? "");
        var was = profile.Template.Packs.First(pack => pack.Name == change.Name);
        var pack = PackEdits.Changed(check, field, was, change);
        var after = profile with
        {
            Template = profile.Template with
            {
                Packs = [.. profile.Template.Packs.Select(one => ReferenceEquals(one, was) ? pack : one)],
            },
        };
        return new Attached(
            [.. before.Choices.Select(choice => choice.Uid == profile.Uid ? Kept(choice, pack) : choice)],
            [.. before.Profiles.Select(one => ReferenceEquals(one, profile) ? after : one)]
        );
    }

    /// <summary>Another Kubernetes version for the cluster's copies; nothing changes when they have it already.</summary>
    /// <param name="field">The version's place in the request.</param>
    /// <param name="version">Null keeps that of the profile.</param>
    public static Attached WithKubernetes(Check check, string field, Attached before, string? version)
    {
        if (version is null)
        {
            return before;
        }

        if (!KubernetesVersion.TryParse(version, out var wanted))
        {
            check.Problem(field, $"'{ApiError.Shown(version)}' is not {KubernetesVersion.Is}; write {KubernetesVersion.Write}");
            return before;
        }

        var layer = before
            .Profiles.SelectMany(profile => profile.Template.Packs)
            .FirstOrDefault(pack => pack.Layer is PackLayers.Kubernetes);
        if (layer is null)
        {
            check.Problem(field, "needs a profile with a Kubernetes layer; attach one");
            return before;
        }

        var upgrade = PackEdits.Upgrade(layer, wanted);
        var upgraded = PackEdits.Changed(new Check(), "", layer, upgrade);
        return (upgraded.Version, upgraded.Values) == (layer.Version, layer.Values)
            ? before
            : WithPack(check, $"{field}.", before, upgrade);
    }

    // Stored beside the copy, so that the change survives the next time the profile is taken over.
    private static ProfileChoice Kept(ProfileChoice choice, ProfilePack pack)
    {
        var earlier = choice.PackValues?.FirstOrDefault(one => one.Name == pack.Name);
        var now = new PackValues(pack.Name, pack.Version, pack.Type, pack.Values, earlier?.Manifests);
        return choice with { PackValues = Merged(choice.PackValues ?? [], [now]) };
    }

    private async Task<Attached?> AddAsync(
        Check check,
        string field,
        string? projectUid,
        Attached before,
        IReadOnlyList<ProfileChoice> choices,
        Func<Attached, ProfileChoice, ProfileRow, string?> replaced,
        CancellationToken cancellationToken
    )
    {
        List<ProfileChoice> kept = [.. before.Choices];
        List<AttachedProfile> profiles = [.. before.Profiles];
        HashSet<string> named = [];
        var good = true;
        foreach (var (given, index) in choices.Select((choice, index) => (choice, index)))
        {
            var place = $"{field}[{index}]";
            ProfileParser.RefuseVariables(check, given.Variables, $"{place}.variables");
            var choice = Turned(before, given);
            var naming = choice.Uid == given.Uid ? "uid" : "replaceWithProfile";
            if (
                await PublishedAsync(check, $"{place}.{naming}", projectUid, choice, cancellationToken) is not var (row, template)
            )
            {
                good = false;
                continue;
            }

            if (!named.Add(row.Uid))
            {
                check.Problem($"{place}.uid", $"profile '{row.Name}' {row.Version} is named twice");
                good = false;
                continue;
            }

            if (choice.ReplaceWithProfile is { Length: > 0 } old && before.Profiles.All(profile => profile.Uid != old))
            {
                check.Problem(
                    $"{place}.replaceWithProfile",
                    $"'{ApiError.Shown(old)}' is not attached to the cluster; attached: "
                        + $"{string.Join(", ", before.Profiles.Select(profile => $"{profile.Name} ({profile.Uid})"))}"
                );
                good = false;
                continue;
            }

            var at = replaced(before, choice, row) is { } uid ? profiles.FindIndex(profile => profile.Uid == uid) : -1;
            var earlier = at >= 0 && profiles[at].Uid == row.Uid ? kept.Find(one => one.Uid == row.Uid)?.PackValues : null;
            var values = choice.PackValues ?? earlier ?? [];
            var chosen = new ProfileChoice(row.Uid, values, given.Variables, ReplaceWithProfile: null);
            var attached = new AttachedProfile(
                row.Uid,
                row.Name,
                row.Version,
                row.PublishedCount,
                Overridden(check, place, template, choice.PackValues ?? [], values)
            );
            if (at >= 0)
            {
                kept.RemoveAll(one => one.Uid == profiles[at].Uid);
                kept.Insert(Math.Min(at, kept.Count), chosen);
                profiles[at] = attached;
            }
            else
            {
                kept.Add(chosen);
                profiles.Add(attached);
            }
        }

        return good ? new Attached(kept, profiles) : null;
    }

    // The attached profile is replaced, in whichever order the two are given.
    private static ProfileChoice Turned(Attached before, ProfileChoice choice) =>
        choice.ReplaceWithProfile is { Length: > 0 } other
        && before.Profiles.Any(profile => profile.Uid == choice.Uid)
        && before.Profiles.All(profile => profile.Uid != other)
            ? choice with
            {
                Uid = other,
                ReplaceWithProfile = choice.Uid,
            }
            : choice;

    private static string? Replaced(Attached before, ProfileChoice choice, ProfileRow row) =>
        choice.ReplaceWithProfile is { Length: > 0 } old
            ? old
            : before.Profiles.FirstOrDefault(profile => profile.Uid == row.Uid)?.Uid
                ?? before.Profiles.FirstOrDefault(profile => profile.Name == row.Name)?.Uid;

    private async Task<(ProfileRow Row, ProfileTemplate Template)?> PublishedAsync(
        Check check,
        string field,
        string? projectUid,
        ProfileChoice choice,
        CancellationToken cancellationToken
    )
    {
        var row = await db
            .Profiles.AsNoTracking()
            .FirstOrDefaultAsync(
                one => one.Uid == choice.Uid && (projectUid == null || one.ProjectUid == null || one.ProjectUid == projectUid),
                cancellationToken
            );
        if (row is null)
        {
            check.Problem(field, $"there is no cluster profile '{ApiError.Shown(choice.Uid ?? "")}' in this scope");
            return null;
        }

        if (ProfileViews.Published(row) is not { } template)
        {
            check.Problem(field, $"profile '{row.Name}' {row.Version} is not published; publish it first");
            return null;
        }

        return (row, template);
    }

    private static PackValues[] Merged(IReadOnlyList<PackValues> earlier, IReadOnlyList<PackValues> now) =>
        [.. earlier.Where(old => now.All(one => one.Name != old.Name)), .. now];

    private static ProfileTemplate Overridden(
        Check check,
        string field,
        ProfileTemplate template,
        IReadOnlyList<PackValues> given,
        IReadOnlyList<PackValues> values
    )
    {
        foreach (var (one, index) in given.Select((one, index) => (one, index)))
        {
            check.That(
                template.Packs.Any(pack => pack.Name == one.Name),
                $"{field}.packValues[{index}].name",
                $"the profile has no pack '{ApiError.Shown(one.Name ?? "")}'; it has "
                    + $"{string.Join(", ", template.Packs.Select(pack => pack.Name))}"
            );
            if (template.Packs.FirstOrDefault(pack => pack.Name == one.Name) is { } known)
            {
                CheckFits(check, $"{field}.packValues[{index}]", known, one);
            }
        }

        return template with
        {
            Packs =
            [
                .. template.Packs.Select(pack =>
                    values.LastOrDefault(one => one.Name == pack.Name) is { } own ? With(check, field, pack, own) : pack
                ),
            ],
        };
    }

    private static void CheckFits(Check check, string field, ProfilePack pack, PackValues values)
    {
        // Terraform writes spectro where its user wrote nothing.
        check.That(
            string.IsNullOrEmpty(values.Type) || values.Type is PackTypes.Spectro || values.Type == pack.Type,
            $"{field}.type",
            $"'{ApiError.Shown(values.Type ?? "")}' is not the type of {pack.Name}; write {pack.Type} or leave it out"
        );
        foreach (var (manifest, index) in (values.Manifests ?? []).Select((manifest, index) => (manifest, index)))
        {
            check.That(
                pack.Manifests.Any(one => one.Name == manifest.Name),
                $"{field}.manifests[{index}].name",
                $"the pack has no manifest '{ApiError.Shown(manifest.Name ?? "")}'; add it to the profile"
            );
        }
    }

    private static ProfilePack With(Check check, string field, ProfilePack pack, PackValues values) =>
        PackEdits.Tagged(check, $"{field}.packValues.{pack.Name}.tag", pack, values.Tag) with
        {
            Values = string.IsNullOrEmpty(values.Values) ? pack.Values : values.Values,
            Manifests = values.Manifests is not { Count: > 0 } given
                ? pack.Manifests
                :
                [
                    .. pack.Manifests.Select(manifest =>
                        given.FirstOrDefault(one => one.Name == manifest.Name)?.Content is { } content
                            ? manifest with
                            {
                                Content = content,
                            }
                            : manifest
                    ),
                ],
        };
}
