using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Console.Api;
using Gantry.Console.CloudAccounts;
using Gantry.Console.Profiles;
using Gantry.Console.Store;
using Gantry.Protocol;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Console.Clusters;

/// <summary>A request for a cluster that was found good: what to store and what to tell the gateway.</summary>
public sealed record ClusterDraft(ClusterSpec Spec, ClusterWire Wire, IReadOnlyList<AttachedProfile> Profiles, AccountRow Account);

/// <summary>Reads requests for clusters against what the console knows: accounts and profiles in the caller's scope.</summary>
public sealed class ClusterDrafts(ConsoleDb db, Caller caller, TimeProvider time)
{
    /// <returns>Null when <paramref name="check"/> has problems.</returns>
    public async Task<ClusterDraft?> ReadAsync(Check check, ClusterEntity body, string uid, CancellationToken cancellationToken)
    {
        var name = check.DnsLabel(body.Metadata?.Name);
        if (body.Spec is not { } given)
        {
            check.Problem("spec", "is missing; give cloudAccountUid, cloudConfig, profiles and machinepoolconfig");
            return null;
        }

        var wire = given with
        {
            CloudConfig = (given.CloudConfig ?? new MaasClusterConfig()) with
            {
                Domain = given.CloudConfig?.Domain ?? "",
                NtpServers = given.CloudConfig?.NtpServers ?? [],
                SshKeys = given.CloudConfig?.SshKeys ?? [],
            },
            MachinePoolConfig = [.. (given.MachinePoolConfig ?? []).Select(PoolReading.Complete)],
        };
        var account = await AccountAsync(check, wire.CloudAccountUid, cancellationToken);
        var profiles = await ProfilesAsync(check, wire.Profiles ?? [], cancellationToken);
        var identity = new ClusterIdentity(
            uid, name, account?.Uid ?? "", account is null ? null : PreferredSubnet(account), time.GetUtcNow(), Generation: 1);

        // Built also when something is amiss already, so that one answer names everything that is.
        return SpecBuilder.Build(check, identity, wire, profiles) is { } spec ? new ClusterDraft(spec, wire, profiles!, account!) : null;
    }

    /// <summary>The desired state of a cluster after a change of what its client wrote.</summary>
    public async Task<ClusterSpec> RebuildAsync(ClusterRow row, ClusterWire wire, CancellationToken cancellationToken)
    {
        var account = await db.Accounts.AsNoTracking().SingleAsync(one => one.Uid == row.AccountUid, cancellationToken);
        var before = JsonSerializer.Deserialize<ClusterSpec>(row.SpecJson, ProtocolJson.Options)!;
        var check = new Check();
        var identity = new ClusterIdentity(row.Uid, row.Name, row.AccountUid, PreferredSubnet(account), before.CreatedAt, row.Generation + 1);
        var spec = SpecBuilder.Build(check, identity, wire, ApiJson.Read<AttachedProfile[]>(row.ProfilesJson));
        check.ThrowIfFailed();

        // Where the API server answers is decided once: nodes and kubeconfigs carry it.
        return spec! with { Endpoint = before.Endpoint, Deletion = before.Deletion };
    }

    private static string? PreferredSubnet(AccountRow account) => ApiJson.Read<string[]>(account.PreferredSubnetsJson).FirstOrDefault();

    private async Task<AccountRow?> AccountAsync(Check check, string? uid, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(uid))
        {
            check.Problem("spec.cloudAccountUid", "is missing; GET /v1/cloudaccounts/maas lists the cloud accounts");
            return null;
        }

        var account = await db.Accounts.AsNoTracking().FirstOrDefaultAsync(
            row => row.Uid == uid && row.RemovedAt == null && (row.ProjectUid == null || row.ProjectUid == caller.ProjectUid || caller.ProjectUid == null),
            cancellationToken);
        check.That(account is not null, "spec.cloudAccountUid", $"there is no cloud account '{ApiError.Shown(uid)}' in this scope");
        return account;
    }

    private async Task<IReadOnlyList<AttachedProfile>?> ProfilesAsync(
        Check check, IReadOnlyList<ProfileChoice> choices, CancellationToken cancellationToken)
    {
        if (choices.Count == 0)
        {
            check.Problem("spec.profiles", "is empty; name a cluster profile by uid");
            return null;
        }

        List<AttachedProfile> attached = [];
        foreach (var (choice, index) in choices.Select((choice, index) => (choice, index)))
        {
            var field = $"spec.profiles[{index}]";
            ProfileReading.RefuseVariables(check, choice.Variables, $"{field}.variables");
            var row = await db.VisibleProfiles(caller).AsNoTracking().FirstOrDefaultAsync(one => one.Uid == choice.Uid, cancellationToken);
            if (row is null)
            {
                check.Problem($"{field}.uid", $"there is no cluster profile '{ApiError.Shown(choice.Uid ?? "")}' in this scope");
            }
            else if (ProfileViews.Published(row) is not { } template)
            {
                check.Problem($"{field}.uid", $"profile '{row.Name}' {row.Version} is not published; publish it first");
            }
            else if (attached.Exists(other => other.Uid == row.Uid))
            {
                check.Problem($"{field}.uid", $"profile '{row.Name}' {row.Version} is named twice");
            }
            else
            {
                attached.Add(new AttachedProfile(row.Uid, row.Name, row.Version, row.PublishedCount, Overridden(check, field, template, choice.PackValues ?? [])));
            }
        }

        return attached.Count == choices.Count ? attached : null;
    }

    private static ProfileTemplate Overridden(Check check, string field, ProfileTemplate template, IReadOnlyList<PackValues> values)
    {
        foreach (var (one, index) in values.Select((one, index) => (one, index)))
        {
            check.That(template.Packs.Any(pack => pack.Name == one.Name), $"{field}.packValues[{index}].name",
                $"the profile has no pack '{ApiError.Shown(one.Name ?? "")}'; it has {string.Join(", ", template.Packs.Select(pack => pack.Name))}");
        }

        return template with { Packs = [.. template.Packs.Select(pack => With(pack, values.LastOrDefault(one => one.Name == pack.Name)))] };
    }

    private static ProfilePack With(ProfilePack pack, PackValues? values) => values is null
        ? pack
        : pack with
        {
            Values = string.IsNullOrEmpty(values.Values) ? pack.Values : values.Values,
            Manifests = values.Manifests is not { Count: > 0 } given
                ? pack.Manifests
                : [.. pack.Manifests.Select(manifest =>
                    given.FirstOrDefault(one => one.Name == manifest.Name)?.Content is { } content ? manifest with { Content = content } : manifest)],
        };
}
