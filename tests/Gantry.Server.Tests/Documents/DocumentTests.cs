using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Clusters.Model;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Documents;

public sealed class DocumentTests
{
    private const string Kubernetes = "1.35.2";

    // Sets every field of the form but Endpoint's alternatives.
    private static readonly ClusterDocument Full = new()
    {
        ApiVersion = DocumentVersions.V1,
        Kind = DocumentKinds.Cluster,
        Metadata = new DocumentMeta
        {
            Name = "full",
            Labels = new Dictionary<string, string> { ["plain"] = "", ["team"] = "blue" },
            Annotations = new Dictionary<string, string> { ["description"] = "everything" },
        },
        Spec = new ClusterDocumentSpec
        {
            Account = "lab",
            Kubernetes = Kubernetes,
            Endpoint = "vip:10.0.0.9",
            SshKeys = ["ssh-ed25519 AAAA me"],
            NtpServers = ["time.example"],
            DrainTimeoutSeconds = 600,
            UpdateWorkerPoolsInParallel = true,
            Profiles =
            [
                new ProfileUse
                {
                    Name = "lab-infra:1.0.0",
                    Packs = [new PackOverride { Name = "ubuntu-maas", Values = "image: custom/mine\n" }],
                },
            ],
            Pools =
            [
                new PoolDocument
                {
                    Name = "control-plane-pool",
                    ControlPlane = true,
                    Size = 3,
                    Schedulable = true,
                },
                new PoolDocument
                {
                    Name = "gpu",
                    Size = 2,
                    MinCpu = 8,
                    MinMemoryMiB = 65536,
                    MinDiskGB = 500,
                    Zones = ["a", "b"],
                    ResourcePool = "metal",
                    Tags = ["gpu"],
                    NotTags = ["old"],
                    Architecture = "amd64",
                    Subnet = "space:production",
                    Labels = new Dictionary<string, string> { ["tier"] = "gold" },
                    Annotations = new Dictionary<string, string> { ["owner"] = "vision" },
                    Taints =
                    [
                        new TaintDocument
                        {
                            Key = "gpu",
                            Value = "yes",
                            Effect = "NoSchedule",
                        },
                    ],
                    RollingUpdate = new RollingUpdateDocument { MaxSurge = "25%", MaxUnavailable = "1" },
                    RepaveIntervalSeconds = 60,
                    DrainTimeoutSeconds = 0,
                    Erase = "quick",
                },
            ],
        },
    };

    [Fact]
    public async Task A_document_with_every_field_is_read_back_as_it_was_written_and_applied_again_changes_nothing()
    {
        await using var world = await World.MakeAsync();
        Assert.Equal(["create full"], await ApplyAsync(world, new DocumentSet { Clusters = [Full] }));
        var uid = await UidAsync(world, "full");
        var (generation, audits) = (await GenerationAsync(world, uid), await AuditsAsync(world));

        var written = await ExportAsync(world, uid);

        Assert.Equal(Json(Full), Json(written));
        Assert.Equal(["unchanged full"], await ApplyAsync(world, new DocumentSet { Clusters = [written] }));
        Assert.Equal((generation, audits), (await GenerationAsync(world, uid), await AuditsAsync(world)));
        var spec = await world.WantedAsync(uid);
        Assert.Equal(KubernetesVersion.Parse(Kubernetes), spec.KubernetesVersion);
        Assert.Equal("custom/mine", spec.Image.Value);

        // A field that the sample leaves out would not be tried.
        Assert.Equal(
            ["PoolDocument.ControlPlane", "PoolDocument.Schedulable"],
            Unset(Full).Concat(Unset(Full.Spec!)).Concat(Unset(Full.Metadata!)).Concat(Unset(Full.Spec!.Pools![1]))
        );
    }

    [Fact]
    public async Task A_cluster_that_others_made_and_upgraded_is_a_document_that_changes_nothing()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Console.PostAsync($"/v1/spectroclusters/{uid}/upgrade", new { kubernetes = Kubernetes }, 200);
        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/packs/ubuntu-maas",
            new { set = new Dictionary<string, string> { ["image"] = "custom/mine" } },
            200
        );
        var written = await ExportAsync(world, uid);
        Assert.Equal((Kubernetes, "dns:maas"), (written.Spec!.Kubernetes, written.Spec.Endpoint));
        Assert.Equal(["ubuntu-maas"], written.Spec.Profiles!.Single().Packs!.Select(pack => pack.Name));
        var generation = await GenerationAsync(world, uid);

        Assert.Equal(["unchanged demo"], await ApplyAsync(world, new DocumentSet { Clusters = [written] }));

        // What is published since then is taken over with the profile's document, and not by the way.
        await world.Console.PatchAsync(
            $"/v1/clusterprofiles/{world.Profile}/packs/cni-flannel",
            new { set = new Dictionary<string, string> { ["backend"] = "host-gw" } },
            200
        );
        await world.Console.PatchAsync($"/v1/clusterprofiles/{world.Profile}/publish");
        Assert.Equal(["unchanged demo"], await ApplyAsync(world, new DocumentSet { Clusters = [written] }));
        Assert.Equal(generation, await GenerationAsync(world, uid));
        var profile = (
            await world.Console.Client.GetFromJsonAsync<ClusterProfileDocument>(
                $"/v1/clusterprofiles/{world.Profile}/document",
                ApiJson.Options
            )
        )!;
        var both = new DocumentSet { Profiles = [profile], Clusters = [written] };
        Assert.Equal(
            ["unchanged lab-infra:1.0.0", "update demo spec.profiles[lab-infra:1.0.0].published 1 2"],
            await ApplyAsync(world, both)
        );
        Assert.Equal(["unchanged lab-infra:1.0.0", "unchanged demo"], await ApplyAsync(world, both));
    }

    [Fact]
    public async Task A_change_is_named_by_field_and_a_dry_run_makes_none()
    {
        await using var world = await World.MakeAsync();
        await ApplyAsync(world, new DocumentSet { Clusters = [Full] });
        var uid = await UidAsync(world, "full");
        var (before, audits) = (await ExportAsync(world, uid), await AuditsAsync(world));
        var changed = new DocumentSet
        {
            Clusters =
            [
                Full with
                {
                    Metadata = Full.Metadata! with { Labels = null },
                    Spec = Full.Spec! with
                    {
                        Kubernetes = null,
                        DrainTimeoutSeconds = null,
                        Pools =
                        [
                            Full.Spec.Pools![0],
                            Full.Spec.Pools[1] with
                            {
                                Size = 5,
                                Zones = null,
                                Taints = null,
                                RollingUpdate = null,
                            },
                        ],
                    },
                },
                Full with
                {
                    Metadata = new DocumentMeta { Name = "other" },
                },
            ],
        };
        string[] expected =
        [
            "update full metadata.labels.plain  -, metadata.labels.team blue -, "
                + $"spec.kubernetes {Kubernetes} -, spec.drainTimeoutSeconds 600 -, spec.pools[gpu].size 2 5, spec.pools[gpu].zones a, b -, "
                + "spec.pools[gpu].taints[gpu:NoSchedule].key gpu -, spec.pools[gpu].taints[gpu:NoSchedule].value yes -, "
                + "spec.pools[gpu].taints[gpu:NoSchedule].effect NoSchedule -, spec.pools[gpu].rollingUpdate.maxSurge 25% -, "
                + "spec.pools[gpu].rollingUpdate.maxUnavailable 1 -",
            "create other",
        ];

        Assert.Equal(expected, await ApplyAsync(world, changed, dryRun: true));
        Assert.Equal((Json(before), audits), (Json(await ExportAsync(world, uid)), await AuditsAsync(world)));
        Assert.Equal(expected, await ApplyAsync(world, changed));
        Assert.Equal(["unchanged full", "unchanged other"], await ApplyAsync(world, changed));
        Assert.Equal(5, (await world.WantedAsync(uid)).Workers.Single().Size);
    }

    [Fact]
    public async Task Every_problem_of_every_document_is_named_at_its_place_and_nothing_is_applied()
    {
        await using var world = await World.MakeAsync();
        await ApplyAsync(world, new DocumentSet { Clusters = [Full] });
        var audits = await AuditsAsync(world);
        var wrong = Full.Spec!.Pools![1] with
        {
            MinCpu = -1,
            Labels = new Dictionary<string, string> { ["no spaces"] = "x" },
            Taints = [new TaintDocument { Key = "gpu", Effect = "Never" }],
            RollingUpdate = new RollingUpdateDocument { MaxSurge = "many" },
            Erase = "burn",
            DrainTimeoutSeconds = -5,
        };
        var spec = Full.Spec with
        {
            Account = "nobody",
            Kubernetes = "latest",
            Endpoint = "vip:here",
            SshKeys = ["secret"],
            DrainTimeoutSeconds = -1,
            Profiles = [new ProfileUse { Name = "lab-infra:9.9.9" }],
            Pools = [Full.Spec.Pools[0] with { Size = 2 }, wrong],
        };
        var set = new DocumentSet
        {
            Profiles =
            [
                new ClusterProfileDocument
                {
                    ApiVersion = "v1",
                    Kind = "ClusterProfile",
                    Metadata = new DocumentMeta { Name = "p" },
                },
            ],
            Clusters =
            [
                Full with
                {
                    Metadata = new DocumentMeta { Name = "good" },
                },
                Full with
                {
                    Metadata = new DocumentMeta { Name = "new" },
                    Spec = spec,
                },
                Full with
                {
                    Spec = spec with
                    {
                        Kubernetes = null,
                        Profiles = [new ProfileUse { Name = "lab-infra:1.0.0", Packs = [new PackOverride { Name = "none" }] }],
                    },
                },
                Full with
                {
                    Kind = "Pod",
                    Metadata = new DocumentMeta { Name = "good" },
                },
            ],
        };

        var refused = await world.Console.PostAsync("/v1/documents/apply", set, 400);

        string[] ofBoth =
        [
            "spec.account",
            "spec.drainTimeoutSeconds",
            "spec.endpoint",
            "spec.pools[0].size",
            "spec.pools[1].drainTimeoutSeconds",
            "spec.pools[1].erase",
            "spec.pools[1].labels.no spaces",
            "spec.pools[1].minCpu",
            "spec.pools[1].rollingUpdate.maxSurge",
            "spec.pools[1].taints[0].effect",
            "spec.sshKeys[0]",
        ];
        Assert.Equal(
            new[]
            {
                "profiles[0].apiVersion",
                "profiles[0].spec.version",
                "clusters[1].spec.profiles[0].name",
                "clusters[2].spec.profiles[0].packs[0].name",
                "clusters[3].kind",
                "clusters[3].metadata.name",
            }
                .Concat(ofBoth.Select(field => $"clusters[1].{field}"))
                .Concat(ofBoth.Select(field => $"clusters[2].{field}"))
                .Order(StringComparer.Ordinal),
            TestConsole.Fields(refused).Order(StringComparer.Ordinal)
        );
        Assert.Contains(
            "'lab-infra:9.9.9' is no version of lab-infra; write one of: lab-infra:1.0.0",
            TestConsole.Message(refused)
        );
        Assert.Contains("there is no cloud account 'nobody'; write one of: lab", TestConsole.Message(refused));
        Assert.Equal(audits, await AuditsAsync(world));
    }

    [Fact]
    public async Task Pools_and_clusters_go_only_when_that_is_said()
    {
        await using var world = await World.MakeAsync();
        var (one, two) = (Full, Full with { Metadata = Full.Metadata! with { Name = "two" } });
        var other = Full with { Metadata = new DocumentMeta { Name = "other" } };
        await ApplyAsync(world, new DocumentSet { Clusters = [one, two, other] });
        var smaller = one with { Spec = one.Spec! with { Pools = [one.Spec.Pools![0]] } };

        var refused = await world.Console.PostAsync("/v1/documents/apply", new DocumentSet { Clusters = [smaller] }, 400);
        Assert.Equal(["clusters[0].spec.pools"], TestConsole.Fields(refused));
        Assert.Contains("has no 'gpu', a pool of the cluster with size 2; write it", TestConsole.Message(refused));

        var prune = new DocumentSet { Clusters = [smaller], Prune = true };
        Assert.StartsWith("update full spec.pools[gpu].name gpu -", (await ApplyAsync(world, prune, dryRun: true)).Single());
        var labels = new Dictionary<string, string> { ["team"] = "blue" };
        Assert.Equal(
            ["update", "delete two"],
            (await ApplyAsync(world, prune with { PruneLabels = labels })).Select(line =>
                line.Replace("full", " ").Split("  ")[0]
            )
        );
        Assert.Equal("Deleting", await world.StateAsync(await UidAsync(world, "two")));
        Assert.Equal("Pending", await world.StateAsync(await UidAsync(world, "other")));
        Assert.Empty((await world.WantedAsync(await UidAsync(world, "full"))).Workers);
    }

    [Fact]
    public async Task A_cluster_and_the_profile_that_it_uses_are_made_together_or_not_at_all()
    {
        await using var world = await World.MakeAsync();
        var profile = (
            await world.Console.Client.GetFromJsonAsync<ClusterProfileDocument>(
                $"/v1/clusterprofiles/{world.Profile}/document",
                ApiJson.Options
            )
        )!;
        var next = profile with
        {
            Metadata = new DocumentMeta { Name = "edge" },
            Spec = profile.Spec! with { Version = "2.0.0" },
        };
        var cluster = Full with
        {
            Spec = Full.Spec! with { Profiles = [new ProfileUse { Name = "edge:2.0.0" }], Kubernetes = null },
        };
        var wrong = cluster with { Spec = cluster.Spec! with { Account = "nobody" } };

        await world.Console.PostAsync("/v1/documents/apply", new DocumentSet { Profiles = [next], Clusters = [wrong] }, 400);
        Assert.DoesNotContain("edge", (await world.Console.GetAsync("/v1/dashboard/clusterprofiles/metadata")).GetRawText());

        var set = new DocumentSet { Profiles = [next], Clusters = [cluster] };
        Assert.Equal(["create edge:2.0.0", "create full"], await ApplyAsync(world, set, dryRun: true));
        Assert.Equal(["create edge:2.0.0", "create full"], await ApplyAsync(world, set));
        Assert.Equal(["unchanged edge:2.0.0", "unchanged full"], await ApplyAsync(world, set));
    }

    [Fact]
    public async Task A_planned_document_is_applied_under_its_hash_whether_it_makes_a_cluster_or_changes_one()
    {
        await using var world = await World.MakeAsync();
        var created = await ApplyPlanAsync(world, Full);
        var (uid, changed) = (
            created.GetProperty("uid").GetString()!,
            Full with
            {
                Metadata = Full.Metadata! with { Labels = new Dictionary<string, string> { ["team"] = "red" } },
                Spec = Full.Spec! with { Pools = [Full.Spec.Pools![0], Full.Spec.Pools[1] with { Size = 4 }] },
            }
        );
        Assert.Equal(Json(Full), Json(await ExportAsync(world, uid)));

        await ApplyPlanAsync(world, changed);

        Assert.Equal(Json(changed), Json(await ExportAsync(world, uid)));
        var smaller = changed with { Spec = changed.Spec! with { Pools = [changed.Spec!.Pools![0]] } };
        await world.Console.PostAsync("/v1/documents/plan", smaller, 400);
        await ApplyPlanAsync(world, smaller, "?prune=true");
        Assert.Equal(Json(smaller), Json(await ExportAsync(world, uid)));
    }

    private static async Task<JsonElement> ApplyPlanAsync(World world, ClusterDocument document, string query = "")
    {
        var plan = await TestConsole.ReadAsync(
            await world.Gateway.WhileServingAsync(
                world.Console.Client.PostAsJsonAsync($"/v1/documents/plan{query}", document, ApiJson.Options)
            ),
            200
        );
        return await TestConsole.ReadAsync(
            await world.Gateway.WhileServingAsync(
                world.Console.Client.PostAsync($"/v1/plans/{plan.GetProperty("hash").GetString()}/apply", null)
            ),
            200
        );
    }

    private static async Task<IReadOnlyList<string>> ApplyAsync(World world, DocumentSet set, bool dryRun = false)
    {
        var answer = (
            await world.Console.PostAsync($"/v1/documents/apply?dryRun={(dryRun ? "true" : "false")}", set, 200)
        ).Deserialize<DocumentsAnswer>(ApiJson.Options)!;
        return
        [
            .. answer
                .Profiles.Concat(answer.Clusters)
                .Select(result =>
                    $"{result.Action} {result.Name} "
                    + string.Join(
                        ", ",
                        result.Changes.Select(change => $"{change.Field} {change.From ?? "-"} {change.To ?? "-"}")
                    )
                )
                .Select(line => line.TrimEnd()),
        ];
    }

    private static async Task<ClusterDocument> ExportAsync(World world, string uid) =>
        (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/document")).Deserialize<ClusterDocument>(ApiJson.Options)!;

    private static async Task<string> UidAsync(World world, string name) =>
        (await world.Console.GetAsync("/v1/dashboard/spectroclusters/metadata"))
            .GetProperty("items")
            .EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == name)
            .GetProperty("uid")
            .GetString()!;

    private static async Task<long> GenerationAsync(World world, string uid) =>
        (await world.Console.GetAsync($"/v1/spectroclusters/{uid}")).GetProperty("generation").GetInt64();

    private static async Task<int> AuditsAsync(World world) =>
        (await world.Console.GetAsync("/v1/audits?limit=1")).GetProperty("listmeta").GetProperty("count").GetInt32();

    private static string Json<T>(T document) => JsonSerializer.SerializeToNode(document, ApiJson.Options)!.ToJsonString();

    private static IEnumerable<string> Unset<T>(T document) =>
        typeof(T)
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetValue(document) is null)
            .Select(property => $"{typeof(T).Name}.{property.Name}");
}
