using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Api;

/// <summary>
/// What is set can be unset. Clients in Go write null for an empty list and leave out an empty map or a zero; clients in JavaScript
/// leave out both. The table says for each field of each update what null and an absent field mean, beside a value that unsets it.
/// </summary>
public sealed class UnsetFieldTests
{
    // A line is the path, a value, the value that unsets it (- when there is none), the meaning of null, and that of an absent field.
    // The parts stand two blanks apart.
    private static readonly Dictionary<string, string> Table = new()
    {
        // Clients of Palette do not know Gantry's own fields: what they leave out stays.
        ["v1CloudConfigsMaasMachinePoolUpdate"] = """
            cloudConfig.azs  ["rack-z"]  []  unset  unset
            cloudConfig.tags  ["other"]  []  unset  unset
            cloudConfig.resourcePool  "other"  ""  unset  unset
            cloudConfig.instanceType.minCPU  9  0  unset  unset
            cloudConfig.instanceType.minMemInMB  9999  0  unset  unset
            cloudConfig.instanceType.minDiskSizeInGB  99  0  kept  kept
            cloudConfig.notTags  ["other"]  []  kept  kept
            cloudConfig.architecture  "arm64"  ""  kept  kept
            cloudConfig.subnet  "10.9.0.0/24"  ""  kept  kept
            cloudConfig.erasePolicy  "quick"  "none"  kept  kept
            poolConfig.additionalLabels  {"a":"b"}  {}  unset  unset
            poolConfig.additionalAnnotations  {"a":"b"}  {}  unset  unset
            poolConfig.machinePoolProperties  {"archType":"arm64"}  {}  unset  unset
            poolConfig.nodeRepaveInterval  60  0  unset  unset
            poolConfig.nodeDrainTimeout  60  0  kept  kept
            poolConfig.size  3  -  kept  kept
            poolConfig.taints  [{"key":"a","value":"b","effect":"NoExecute"}]  []  unset  unset
            poolConfig.updateStrategy  {"type":"RollingUpdateScaleIn"}  {}  unset  unset
            """,
        ["v1CloudConfigsMaasUidClusterConfig"] = """
            clusterConfig.ntpServers  ["ntp.example"]  []  unset  unset
            clusterConfig.sshKeys  ["ssh-ed25519 BBBB you"]  []  unset  unset
            clusterConfig.updateWorkerPoolsInParallel  true  false  kept  kept
            clusterConfig.nodeDrainTimeout  60  0  kept  kept
            """,
        ["v1SpectroClustersUidMetadataUpdate"] = """
            metadata.labels  {"a":"b"}  {}  unset  unset
            metadata.annotations  {"description":"x"}  {}  unset  unset
            """,
        ["v1SpectroClustersUidClusterMetaAttributeUpdate"] = """clusterMetaAttribute  "x"  ""  unset  unset""",
        ["v1SpectroClustersUidTimezoneUpdate"] = """timezone  "Europe/Berlin"  ""  unset  unset""",
        ["v1SpectroClustersUidLocationPut"] =
            """location  {"countryCode":"DE"}  {"countryCode":"","geoLoc":{"latitude":0}}  unset  unset""",
        ["v1SpectroClustersPatchProfiles"] = """
            profiles[0].packValues  [{"name":"kubernetes","tag":"1.35.9"}]  []  kept  kept
            """,
        ["v1SpectroClustersUpdateProfiles"] = """
            profiles[0].packValues  [{"name":"kubernetes","tag":"1.35.9"}]  []  unset  unset
            """,
        // Terraform writes labels and annotations by the metadata alone, after this request.
        ["v1ClusterProfilesUpdate"] = """
            metadata.labels  {"a":"b"}  {}  kept  kept
            metadata.annotations  {"description":"x"}  {}  kept  kept
            metadata.name  "other"  -  kept  kept
            spec.version  "2.0.0"  -  kept  kept
            spec.template.cloudType  "maas"  -  kept  kept
            spec.template.type  "cluster"  -  kept  kept
            spec.template.packs[4].values  "pack: { x: y }"  ""  unset  unset
            """,
        ["v1ClusterProfilesUidMetadataUpdate"] = """
            metadata.labels  {"a":"b"}  {}  unset  unset
            metadata.annotations  {"description":"x"}  {}  unset  unset
            metadata.name  "other"  -  kept  kept
            spec.version  "2.0.0"  -  kept  kept
            """,
        ["v1CloudAccountsMaasUpdate"] = """
            metadata.labels  {"a":"b"}  {}  unset  unset
            metadata.annotations  {"description":"x"}  {}  unset  unset
            metadata.name  "other"  -  kept  kept
            spec.apiEndpoint  "http://maas:5240/MAAS"  -  kept  kept
            spec.preferredSubnets  ["10.9.0.0/24"]  []  unset  unset
            """,
        ["v1ProjectsUidUpdate"] = """
            metadata.labels  {"a":"b"}  {}  unset  unset
            metadata.annotations  {"description":"x"}  {}  unset  unset
            """,
        ["v1ApiKeysUidUpdate"] = """
            metadata.annotations  {"description":"x"}  {}  unset  unset
            spec.expiry  "2031-01-01T00:00:00.000Z"  null  unset  unset
            """,
        // Clients in Go leave out false.
        ["v1ApiKeysUidActiveState"] = "isActive  true  false  unset  unset",
        ["v1ApiKeysUidState"] = "isActive  true  false  unset  unset",
    };

    // The object is named by them, or they tell pools, packs, taints and manifests of one request apart.
    private static readonly string[] Needed =
    [
        "v1ApiKeysUidUpdate: metadata.name",
        "v1ProjectsUidUpdate: metadata.name",
        "v1OverlordsUidMetadataUpdate: metadata.name",
        "v1CloudAccountsMaasUpdate: spec.apiKey",
        "v1CloudAccountsMaasUpdate: spec.caCert",
        "v1CloudAccountsMaasUpdate: metadata.annotations.overlordUid",
        "v1CloudConfigsMaasMachinePoolUpdate: poolConfig.name",
        "v1CloudConfigsMaasMachinePoolUpdate: poolConfig.isControlPlane",
        "v1CloudConfigsMaasMachinePoolUpdate: poolConfig.labels",
        "v1CloudConfigsMaasUidClusterConfig: clusterConfig.domain",
        "v1CloudConfigsMaasUidClusterConfig: clusterConfig.endpoint",
        "v1ClusterProfilesUpdate: spec.template.packs",
    ];

    public static TheoryData<string> Updates => [.. Table.Keys];

    [Theory]
    [MemberData(nameof(Updates))]
    public async Task What_null_and_an_absent_field_mean(string operation)
    {
        await using var world = await World.MakeAsync();
        var player = await RequestPlayer.OfAsync(world, operation);
        List<string> wrong = [];
        foreach (var line in Table[operation].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split("  ");
            var (path, value, empty) = (parts[0], parts[1], parts[2]);
            foreach (var (sent, meaning) in new[] { ("null", parts[3]), ("absent", parts[4]) })
            {
                var unset = empty is "-"
                    ? null
                    : await player.PlayAsync(body => RequestPaths.Set(body, path, JsonNode.Parse(empty)));
                var set = await player.PlayAsync(body => RequestPaths.Set(body, path, JsonNode.Parse(value)));
                Assert.True(
                    set.Seen is not null && set.Seen != unset?.Seen,
                    $"{path}: {value} shows nothing: {set.Status} {set.Answer}"
                );
                var then = await player.PlayAsync(body =>
                {
                    if (sent is "null")
                    {
                        RequestPaths.Set(body, path, null);
                    }
                    else
                    {
                        RequestPaths.Remove(body, path);
                    }
                });
                var found =
                    then.Status is 400 ? "refused"
                    : then.Seen == set.Seen ? "kept"
                    : then.Seen == unset?.Seen ? "unset"
                    : $"something else: {then.Status} {then.Seen} and not {unset?.Seen}";
                if (found != meaning)
                {
                    wrong.Add($"{path} {sent}: {found}");
                }
            }
        }

        Assert.True(wrong.Count is 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_table_has_every_field_of_every_public_update_that_can_be_set()
    {
        var updates = Operations.All.Where(one => one.Method is "PUT" or "PATCH" && RequestFields.All.ContainsKey(one.Name));
        Assert.Empty(
            from update in updates
            from field in RequestFields.All[update.Name]
            where field.Fate is Fate.Honoured
            let lines = Table.GetValueOrDefault(update.Name, "").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            let rows = lines.Select(line => line.Split("  ")[0]).ToList()
            where !rows.Exists(row => RequestPaths.Covers(row, field.Path))
            where !Array.Exists(Needed, needed => RequestPaths.Covers(needed, $"{update.Name}: {field.Path}"))
            select $"{update.Name}: {field.Path}"
        );
    }

    [Fact]
    public async Task An_update_of_a_cloud_config_without_a_domain_changes_only_what_it_names()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var keys = (await world.WantedAsync(uid)).Nodes.SshKeys;
        Assert.NotEmpty(keys);

        await world.Console.PutAsync(
            $"{await world.ConfigAsync(uid)}/clusterConfig",
            new { clusterConfig = new { nodeDrainTimeout = 600 } }
        );

        var wanted = await world.WantedAsync(uid);
        Assert.Equal(TimeSpan.FromMinutes(10), wanted.DrainTimeout);
        Assert.Equal(keys, wanted.Nodes.SshKeys);
    }

    [Fact]
    public async Task A_patch_of_metadata_without_metadata_is_refused()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        var refused = await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/metadata", new { }, 400);

        Assert.Equal(["metadata"], TestConsole.Fields(refused));
    }
}
