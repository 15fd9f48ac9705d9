using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Clusters;

public sealed class EditTests
{
    private static readonly string[] OddBodies =
    [
        "",
        "null",
        "{",
        "[]",
        "7",
        "{}",
        """{"poolConfig":null,"cloudConfig":null}""",
        """{"poolConfig":{"size":1.5}}""",
        """{"poolConfig":{"size":99999999999}}""",
        """{"poolConfig":{"name":"\ud800","size":1}}""",
        """{"poolConfig":{"name":null,"additionalLabels":{"a":null}}}""",
        """{"poolConfig":{"taints":[null]}}""",
        """
            {"poolConfig":{"additionalLabels":{"":""},"taints":[{}],"nodeRepaveInterval":2147483647,
              "updateStrategy":{"type":"OverrideScaling","maxSurge":"-1%"}}}
            """,
        """{"poolConfig":{"additionalAnnotations":{"\u0000":"\u0000"}}}""",
        """{"cloudConfig":{"instanceType":null,"azs":[null]}}""",
        """{"cloudConfig":{"erasePolicy":7}}""",
        """{"clusterConfig":[]}""",
        """{"clusterConfig":{"ntpServers":[null],"sshKeys":null}}""",
        """{"clusterConfig":{"updateWorkerPoolsInParallel":"yes"}}""",
        """{"clusterConfig":{"sshKeys":[" ",""]}}""",
        """{"profiles":[null]}""",
        """{"profiles":[{"uid":null}]}""",
        """{"profiles":[{"uid":"PROFILE","packValues":[null]}]}""",
        """{"profiles":[{"uid":"PROFILE","packValues":[{"name":null,"tag":"--","values":"\u0000"}]}]}""",
        """{"profiles":[{"uid":"PROFILE","packValues":[{"name":"kubernetes","values":"[[[[[["}]}]}""",
        """{"profiles":[{"uid":"PROFILE","replaceWithProfile":"PROFILE"}],"spcApplySettings":null}""",
        """{"profileUids":[null]}""",
        """{"profileUids":["x"]}""",
        """{"machinePools":[null]}""",
        """{"machinePools":[{"op":"delete","pool":{"poolConfig":{"name":"nothing"}}}]}""",
        """{"machinePools":[{"op":"create","pool":{"poolConfig":{"name":"worker-pool"}}}]}""",
        """{"delete":7}""",
        """{"replaceMachines":[null]}""",
        """{"renewCertificates":"now"}""",
        """{"enabled":"on"}""",
        """{"enabled":{}}""",
    ];

    [Fact]
    public async Task Every_field_of_a_pool_reaches_the_desired_state_and_is_read_back()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var config = await world.ConfigAsync(uid);

        await world.Console.PutAsync(
            $"{config}/machinePools/worker-pool",
            JsonNode.Parse(
                """
                {"cloudConfig":{"azs":["rack-c"],"instanceType":{"minCPU":8,"minMemInMB":65536,"minDiskSizeInGB":200},
                  "resourcePool":"big",
                                "tags":["nvme","fast"],"notTags":["old"],"subnet":"10.40.0.7/24","erasePolicy":"quick","useLxdVm":false},
                 "poolConfig":{"name":"worker-pool","size":4,"labels":["worker"],"additionalLabels":{"tier":"gold"},
                   "additionalAnnotations":{"a/b":"c"},
                               "taints":[{"key":"dedicated","value":"db","effect":"NoExecute"}],"nodeRepaveInterval":600,"nodeDrainTimeout":900,
                               "updateStrategy":{"type":"OverrideScaling","maxSurge":"50%","maxUnavailable":"1"}}}
                """
            )!
        );

        var pool = (await world.WantedAsync(uid)).Workers.Single();
        Assert.Equal(4, pool.Size);
        Assert.Equal("gold", pool.Labels[LabelKey.Parse("tier")].Value);
        Assert.Equal("c", pool.Annotations[LabelKey.Parse("a/b")]);
        Assert.Equal([Taint.Parse("dedicated=db:NoExecute")], pool.Taints);
        Assert.Equal((8, 65536, 200), (pool.Placement.MinCpu, pool.Placement.MinMemoryMiB, pool.Placement.MinDiskGB));
        Assert.Equal("big", pool.Placement.ResourcePool);
        Assert.Equal(["rack-c"], pool.Placement.Zones);
        Assert.Equal(["nvme", "fast"], pool.Placement.Tags);
        Assert.Equal(["old"], pool.Placement.NotTags);
        Assert.Equal(NetworkSelector.Parse("10.40.0.0/24"), pool.Placement.Subnet);
        Assert.Equal(new RollingUpdate(2, 1), pool.RollingUpdate);
        Assert.Equal(TimeSpan.FromMinutes(10), pool.RepaveInterval);
        Assert.Equal(TimeSpan.FromMinutes(15), pool.DrainTimeout);
        Assert.Equal(ErasePolicy.Quick, pool.Erase);
        var read = (await world.Console.GetAsync(config)).GetProperty("spec").GetProperty("machinePoolConfig")[1];
        Assert.Equal(200, read.GetProperty("instanceType").GetProperty("minDiskSizeInGB").GetInt32());
        Assert.Equal("quick", read.GetProperty("erasePolicy").GetString());
        Assert.Equal(600, read.GetProperty("nodeRepaveInterval").GetInt32());
        Assert.Equal(900, read.GetProperty("nodeDrainTimeout").GetInt32());
    }

    [Fact]
    public async Task A_client_that_does_not_know_a_field_of_ours_does_not_reset_it()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var config = await world.ConfigAsync(uid);
        var own = World.Pool("worker-pool", 1, false);
        own["cloudConfig"]!["notTags"] = new JsonArray("old");
        own["cloudConfig"]!["subnet"] = "space:production";
        own["cloudConfig"]!["erasePolicy"] = "secure";
        own["poolConfig"]!["nodeDrainTimeout"] = 0;
        own["cloudConfig"]!["instanceType"]!["minDiskSizeInGB"] = 100;
        await world.Console.PutAsync($"{config}/machinePools/worker-pool", own);

        await world.Console.PutAsync($"{config}/machinePools/worker-pool", World.Pool("worker-pool", 2, false));

        var pool = (await world.WantedAsync(uid)).Workers.Single();
        Assert.Equal((2, 100, ErasePolicy.Secure), (pool.Size, pool.Placement.MinDiskGB, pool.Erase));
        Assert.Equal(TimeSpan.Zero, pool.DrainTimeout);
        Assert.Equal(["old"], pool.Placement.NotTags);
        Assert.Equal(NetworkSelector.Parse("space:production"), pool.Placement.Subnet);

        var empty = World.Pool("worker-pool", 2, false);
        empty["cloudConfig"]!["subnet"] = "";
        await world.Console.PutAsync($"{config}/machinePools/worker-pool", empty);
        Assert.Null((await world.WantedAsync(uid)).Workers.Single().Placement.Subnet);
    }

    [Fact]
    public async Task A_control_plane_grows_and_shrinks_in_odd_sizes()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var pool = $"{await world.ConfigAsync(uid)}/machinePools/control-plane-pool";

        foreach (var size in new[] { 3, 5, 3, 1 })
        {
            await world.Console.PutAsync(pool, World.Pool("control-plane-pool", size, true));
            Assert.Equal(size, (await world.WantedAsync(uid)).ControlPlane.Size);
        }

        foreach (var size in new[] { 0, 2, 4, 7, -1 })
        {
            Assert.Equal(
                ["poolConfig.size"],
                TestConsole.Fields(await world.Console.PutAsync(pool, World.Pool("control-plane-pool", size, true), 400))
            );
        }

        Assert.Equal(5, (await world.WantedAsync(uid)).Generation);
    }

    [Theory]
    [InlineData(
        "control-plane-pool",
        "poolConfig.updateStrategy.type",
        """{"poolConfig":{"updateStrategy":{"type":"RollingUpdateScaleIn"}}}"""
    )]
    [InlineData(
        "control-plane-pool",
        "poolConfig.updateStrategy.type",
        """{"poolConfig":{"updateStrategy":{"type":"OverrideScaling","maxUnavailable":"1"}}}"""
    )]
    [InlineData("control-plane-pool", "poolConfig.nodeRepaveInterval", """{"poolConfig":{"nodeRepaveInterval":60}}""")]
    [InlineData(
        "control-plane-pool",
        "poolConfig.isControlPlane",
        """{"poolConfig":{"isControlPlane":false,"labels":["worker"]}}"""
    )]
    [InlineData("worker-pool", "poolConfig.isControlPlane", """{"poolConfig":{"isControlPlane":true}}""")]
    [InlineData("worker-pool", "poolConfig.name", """{"poolConfig":{"name":"renamed"}}""")]
    [InlineData("worker-pool", "poolConfig.size", """{"poolConfig":{"size":-1}}""")]
    [InlineData("worker-pool", "poolConfig.nodeRepaveInterval", """{"poolConfig":{"nodeRepaveInterval":-1}}""")]
    [InlineData("worker-pool", "poolConfig.nodeDrainTimeout", """{"poolConfig":{"nodeDrainTimeout":-1}}""")]
    [InlineData("control-plane-pool", "poolConfig.nodeDrainTimeout", """{"poolConfig":{"nodeDrainTimeout":604801}}""")]
    [InlineData(
        "worker-pool",
        "poolConfig.updateStrategy",
        """{"poolConfig":{"updateStrategy":{"type":"OverrideScaling","maxSurge":"0","maxUnavailable":"0"}}}"""
    )]
    [InlineData("worker-pool", "poolConfig.skipK8sUpgrade", """{"poolConfig":{"skipK8sUpgrade":"enabled"}}""")]
    [InlineData("worker-pool", "cloudConfig.erasePolicy", """{"cloudConfig":{"erasePolicy":"shred"}}""")]
    [InlineData("worker-pool", "cloudConfig.erasePolicy", """{"cloudConfig":{"erasePolicy":"1"}}""")]
    [InlineData("worker-pool", "cloudConfig.instanceType.minCPU", """{"cloudConfig":{"instanceType":{"minCPU":-2}}}""")]
    [InlineData("worker-pool", "cloudConfig.tags", """{"cloudConfig":{"tags":[" "]}}""")]
    public async Task What_a_pool_cannot_become_is_refused_with_its_field_and_changes_nothing(
        string pool,
        string field,
        string body
    )
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var config = await world.ConfigAsync(uid);
        var before = (await world.Console.GetAsync(config)).GetRawText();
        var revision = (await world.Gateway.PollAsync()).Revision;

        var refused = await world.Console.PutAsync($"{config}/machinePools/{pool}", JsonNode.Parse(body)!, 400);

        Assert.Equal([field], TestConsole.Fields(refused));
        Assert.Equal(before, (await world.Console.GetAsync(config)).GetRawText());
        Assert.Equal(revision, (await world.Gateway.PollAsync()).Revision);
        Assert.Single((await world.Console.GetAsync($"/v1/audits?resourceUid={uid}")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task The_limit_of_drains_is_set_for_a_cluster_and_for_a_pool_that_can_follow_the_cluster_again()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var config = await world.ConfigAsync(uid);
        Assert.Equal(TimeSpan.Zero, (await world.WantedAsync(uid)).DrainTimeout);
        Assert.All((await world.WantedAsync(uid)).Pools, pool => Assert.Null(pool.DrainTimeout));

        await world.Console.PutAsync($"{config}/clusterConfig", new { clusterConfig = new { nodeDrainTimeout = 600 } });
        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/machinePools/worker-pool",
            JsonNode.Parse("""{"nodeDrainTimeout":60}""")!,
            200
        );
        var wanted = await world.WantedAsync(uid);
        Assert.Equal(TimeSpan.FromMinutes(10), wanted.DrainTimeout);
        Assert.Equal(TimeSpan.FromMinutes(1), wanted.Workers.Single().DrainTimeout);
        Assert.Equal(
            600,
            (await world.Console.GetAsync(config))
                .GetProperty("spec")
                .GetProperty("clusterConfig")
                .GetProperty("nodeDrainTimeout")
                .GetInt32()
        );

        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/machinePools/worker-pool",
            JsonNode.Parse("""{"nodeDrainTimeout":null}""")!,
            200
        );
        Assert.Null((await world.WantedAsync(uid)).Workers.Single().DrainTimeout);
        await world.Console.PutAsync(
            $"{config}/clusterConfig",
            new { clusterConfig = new { updateWorkerPoolsInParallel = true } }
        );
        Assert.Equal(TimeSpan.FromMinutes(10), (await world.WantedAsync(uid)).DrainTimeout);

        var refused = await world.Console.PutAsync(
            $"{config}/clusterConfig",
            new { clusterConfig = new { nodeDrainTimeout = -5 } },
            400
        );
        Assert.Equal(["clusterConfig.nodeDrainTimeout"], TestConsole.Fields(refused));
    }

    [Fact]
    public async Task Ntp_servers_ssh_keys_and_parallel_pools_are_changed_and_the_endpoint_is_not()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var config = await world.ConfigAsync(uid);

        await world.Console.PutAsync(
            $"{config}/clusterConfig",
            new
            {
                clusterConfig = new
                {
                    domain = "maas",
                    ntpServers = new[] { "ntp.example" },
                    sshKeys = new[] { "ssh-ed25519 BBBB you" },
                    updateWorkerPoolsInParallel = true,
                },
            }
        );

        var wanted = await world.WantedAsync(uid);
        Assert.Equal(["ntp.example"], wanted.Nodes.NtpServers);
        Assert.Equal(["ssh-ed25519 BBBB you"], wanted.Nodes.SshKeys);
        Assert.True(wanted.UpdateWorkerPoolsInParallel);
        Assert.True(
            (await world.Console.GetAsync(config))
                .GetProperty("spec")
                .GetProperty("clusterConfig")
                .GetProperty("updateWorkerPoolsInParallel")
                .GetBoolean()
        );

        // Terraform does not know that switch, and repeats the other settings.
        await world.Console.PutAsync(
            $"{config}/clusterConfig",
            new
            {
                clusterConfig = new
                {
                    domain = "maas",
                    ntpServers = Array.Empty<string>(),
                    sshKeys = new[] { "ssh-ed25519 BBBB you" },
                },
            }
        );
        wanted = await world.WantedAsync(uid);
        Assert.Empty(wanted.Nodes.NtpServers);
        Assert.Equal(["ssh-ed25519 BBBB you"], wanted.Nodes.SshKeys);
        Assert.True(wanted.UpdateWorkerPoolsInParallel);

        await BeginAsync(world, uid);
        Assert.Equal(
            ["clusterConfig.domain"],
            TestConsole.Fields(
                await world.Console.PutAsync($"{config}/clusterConfig", new { clusterConfig = new { domain = "other" } }, 400)
            )
        );
        Assert.Equal(
            ["clusterConfig.endpoint"],
            TestConsole.Fields(
                await world.Console.PutAsync(
                    $"{config}/clusterConfig",
                    new { clusterConfig = new { domain = "maas", endpoint = "vip" } },
                    400
                )
            )
        );
        await world.Console.PutAsync($"{config}/clusterConfig", new { }, 400);
    }

    [Fact]
    public async Task A_newer_version_of_the_profile_takes_the_place_of_the_old_one_and_brings_Kubernetes_and_image()
    {
        await using var world = await World.MakeAsync();
        var old = await world.CreateProfileAsync("base", "1.0.0", "1.33.5");
        var newer = await world.CreateProfileAsync("base", "1.1.0", "1.34.1");
        var uid = await world.CreateClusterAsync("demo", profile: old);
        Assert.Equal("1.33.5", $"{(await world.WantedAsync(uid)).KubernetesVersion}");

        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/profiles?resolveNotification=true",
            new
            {
                profiles = new[]
                {
                    new
                    {
                        uid = newer,
                        replaceWithProfile = old,
                        packValues = Array.Empty<object>(),
                    },
                },
                spcApplySettings = new { actionType = "DownloadAndInstall" },
            }
        );

        var wanted = await world.WantedAsync(uid);
        Assert.Equal(
            ("1.34.1", "custom/ubuntu-24.04-k8s-1.34.1", 2L),
            ($"{wanted.KubernetesVersion}", wanted.Image.Value, wanted.Generation)
        );
        var attached = Assert.Single(
            (await world.Console.GetAsync($"/v1/spectroclusters/{uid}"))
                .GetProperty("spec")
                .GetProperty("clusterProfileTemplates")
                .EnumerateArray()
        );
        Assert.Equal(
            (newer, "1.1.0"),
            (attached.GetProperty("uid").GetString(), attached.GetProperty("profileVersion").GetString())
        );

        // The old profile is no longer in use, the new one is.
        await world.Console.DeleteAsync($"/v1/clusterprofiles/{old}");
        await world.Console.DeleteAsync($"/v1/clusterprofiles/{newer}", 409);
    }

    [Fact]
    public async Task Values_and_tags_of_packs_change_and_what_is_not_named_is_the_profiles_again()
    {
        await using var world = await World.MakeAsync();
        var profile = await world.CreateProfileAsync("base", "1.0.0", "1.33.5");
        var uid = await world.CreateClusterAsync("demo", profile: profile);

        await PatchAsync(world, uid, profile, new { name = "ubuntu-maas", values = "image: custom/mine" });
        Assert.Equal(("custom/mine", "1.33.5"), Pair(await world.WantedAsync(uid)));
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/profiles", new { profiles = new[] { new { uid = profile } } });
        Assert.Equal(("custom/mine", "1.33.5"), Pair(await world.WantedAsync(uid)));
        await PatchAsync(world, uid, profile, new { name = "kubernetes", tag = "1.34.x" });
        Assert.Equal(("custom/ubuntu-24.04-k8s-1.34.1", "1.34.1"), Pair(await world.WantedAsync(uid)));

        // PUT names all profiles.
        await world.Console.PutAsync(
            $"/v1/spectroclusters/{uid}/profiles",
            new
            {
                profiles = new[]
                {
                    new { uid = profile, packValues = new object[] { new { name = "kubernetes", tag = "1.34.1" } } },
                },
            }
        );
        Assert.Equal(("custom/ubuntu-24.04-k8s-1.34.1", "1.34.1"), Pair(await world.WantedAsync(uid)));

        static (string, string) Pair(ClusterSpec spec) => (spec.Image.Value, $"{spec.KubernetesVersion}");
    }

    [Fact]
    public async Task An_add_on_profile_is_added_and_taken_away_and_the_base_is_not()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var addon = (
            await world.Console.PostAsync(
                "/v1/clusterprofiles?publish=true",
                new
                {
                    metadata = new { name = "extras" },
                    spec = new
                    {
                        template = new
                        {
                            type = "add-on",
                            packs = new[]
                            {
                                new
                                {
                                    name = "extra",
                                    type = "manifest",
                                    manifests = new[]
                                    {
                                        new
                                        {
                                            name = "ns",
                                            content = "apiVersion: v1\nkind: Namespace\nmetadata: { name: extra }\n",
                                        },
                                    },
                                },
                            },
                        },
                    },
                }
            )
        ).GetProperty("uid").GetString()!;

        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/profiles", new { profiles = new[] { new { uid = addon } } });
        Assert.Contains((await world.WantedAsync(uid)).Addons, layer => layer.Name is "extra");

        await RemoveAsync(addon, 204);
        Assert.DoesNotContain((await world.WantedAsync(uid)).Addons, layer => layer.Name is "extra");
        await RemoveAsync(addon, 404);
        Assert.Equal(["profiles"], TestConsole.Fields(await RemoveAsync(world.Profile, 400)));

        async Task<JsonElement> RemoveAsync(string profile, int expected)
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, $"/v1/spectroclusters/{uid}/profiles")
            {
                Content = JsonContent.Create(new { profileUids = new[] { profile } }),
            };
            return await TestConsole.ReadAsync(await world.Console.Client.SendAsync(request), expected);
        }
    }

    [Theory]
    [InlineData("1.32.9", null, "1.34.1", null)]
    [InlineData("1.33.5", "1.32.9", "1.34.1", "more than one minor")]
    [InlineData("1.33.5", null, "1.32.9", null)]
    [InlineData("1.33.5", "1.34.1", "1.33.5", null)]
    [InlineData("1.32.9", "1.33.5", "1.32.9", null)]
    [InlineData("1.33.5", "1.33.5", "1.34.1", null)]
    [InlineData("1.33.5", null, "1.34.1", null)]
    [InlineData("1.34.1", "1.34.1", "1.33.5", "does not go back")]
    [InlineData("1.34.1", "1.33.5", "1.32.9", "does not go back")]
    public async Task Kubernetes_goes_one_minor_up_from_what_runs_and_never_back_and_anywhere_before_anything_runs(
        string has,
        string? runs,
        string to,
        string? refusal
    )
    {
        await using var world = await World.MakeAsync();
        var profile = await world.CreateProfileAsync("base", "1.0.0", has);
        var uid = await world.CreateClusterAsync("demo", profile: profile);
        if (runs is not null)
        {
            await world.Gateway.ReportAsync(
                world.Gateway.Status(
                    uid,
                    ClusterPhase.Running,
                    Health.Healthy,
                    FakeGateway.Machine("abc123", "control-plane-pool", $"v{runs}")
                ) with
                {
                    KubernetesVersion = KubernetesVersion.Parse(runs),
                }
            );
        }

        var body = new
        {
            profiles = new[] { new { uid = profile, packValues = new[] { new { name = "kubernetes", tag = to } } } },
        };
        var answer = await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/profiles", body, refusal is null ? 204 : 400);

        if (refusal is not null)
        {
            Assert.Equal(["profiles.kubernetes.version"], TestConsole.Fields(answer));
            Assert.Contains(refusal, TestConsole.Message(answer), StringComparison.Ordinal);
        }

        Assert.Equal(refusal is null ? to : has, $"{(await world.WantedAsync(uid)).KubernetesVersion}");
    }

    [Theory]
    [InlineData("1.33.5", null)]
    [InlineData("1.34.1", "does not go back")]
    public async Task A_version_is_taken_back_until_a_control_plane_runs_it(string newest, string? refusal)
    {
        await using var world = await World.MakeAsync();
        var profile = await world.CreateProfileAsync("base", "1.0.0", "1.33.5");
        var uid = await world.CreateClusterAsync("demo", controlPlane: 3, profile: profile);
        await PatchAsync(world, uid, profile, new { name = "kubernetes", tag = "1.34.1" });
        await world.Gateway.ReportAsync(
            world.Gateway.Status(
                uid,
                ClusterPhase.Running,
                Health.Healthy,
                FakeGateway.Machine("abc123", "control-plane-pool", "1.33.5"),
                FakeGateway.Machine("abc124", "control-plane-pool", newest)
            ) with
            {
                KubernetesVersion = KubernetesVersion.Parse("1.33.5"),
            }
        );

        var answer = await PatchAsync(
            world,
            uid,
            profile,
            new { name = "kubernetes", tag = "1.33.5" },
            refusal is null ? 204 : 400
        );

        if (refusal is not null)
        {
            Assert.Contains(refusal, TestConsole.Message(answer), StringComparison.Ordinal);
        }

        Assert.Equal(refusal is null ? "1.33.5" : "1.34.1", $"{(await world.WantedAsync(uid)).KubernetesVersion}");
    }

    [Theory]
    [InlineData("pack: { podCIDR: 10.244.0.0/16 }", "profiles.kubernetes.values.pack.podCIDR")]
    [InlineData("pack: { serviceClusterIpRange: 10.100.0.0/16 }", "profiles.kubernetes.values.pack.serviceClusterIpRange")]
    [InlineData("pack: { serviceDomain: other.local }", "profiles.kubernetes.values.pack.serviceDomain")]
    [InlineData("pack: { endpoint: vip }", "profiles.kubernetes.values.pack.endpoint")]
    [InlineData("pack: [", "profiles.kubernetes.values")]
    [InlineData("nonsense: 1", "profiles.kubernetes.values.nonsense")]
    public async Task Networks_and_endpoint_stay_as_they_are_once_a_machine_is_taken(string values, string field)
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await BeginAsync(world, uid);

        var refused = await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/profiles",
            new { profiles = new[] { new { uid = world.Profile, packValues = new[] { new { name = "kubernetes", values } } } } },
            400
        );

        Assert.Equal([field], TestConsole.Fields(refused));
        Assert.Equal(1, (await world.WantedAsync(uid)).Generation);
    }

    [Theory]
    [InlineData(
        "kubeadmconfig: { apiServer: { extraArgs: { audit-log-pat: '-' } } }",
        "apiServer.extraArgs.audit-log-pat",
        "write audit-log-path"
    )]
    [InlineData("kubeadmconfig: { kubeletExtraArgs: { max-podz: '9' } }", "kubeletExtraArgs.max-podz", "write max-pods")]
    public async Task An_argument_that_would_stop_its_component_is_refused_before_a_machine_is_replaced_for_it(
        string values,
        string field,
        string remedy
    )
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await BeginAsync(world, uid);

        var refused = await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/profiles",
            new { profiles = new[] { new { uid = world.Profile, packValues = new[] { new { name = "kubernetes", values } } } } },
            400
        );

        Assert.Equal([$"profiles.kubernetes.values.kubeadmconfig.{field}"], TestConsole.Fields(refused));
        Assert.Contains(remedy, TestConsole.Message(refused), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cluster_of_which_nothing_exists_yet_may_become_anything(bool reported)
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        if (reported)
        {
            await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Pending) with { KubernetesVersion = null });
        }

        const string values = "pack: { podCIDR: 10.244.0.0/16, serviceDomain: other.local, endpoint: vip }";
        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/profiles",
            new { profiles = new[] { new { uid = world.Profile, packValues = new[] { new { name = "kubernetes", values } } } } }
        );

        var wanted = await world.WantedAsync(uid);
        Assert.Equal("10.244.0.0/16", $"{wanted.Network.PodCidr}");
        Assert.Equal("other.local", wanted.Network.DnsDomain);
        Assert.IsType<EndpointChoice.VirtualIp>(wanted.Endpoint);
    }

    [Fact]
    public async Task A_version_that_cannot_be_installed_is_refused_before_anything_is_taken()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        var refused = await PatchAsync(
            world,
            uid,
            world.Profile,
            new { name = "kubernetes", values = "pack: { version: 1.21.0 }" },
            400
        );

        Assert.EndsWith("version", Assert.Single(TestConsole.Fields(refused)), StringComparison.Ordinal);
        Assert.Contains(
            "'1.21.0' cannot be installed; write 1.22.0 or a later version",
            TestConsole.Message(refused),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("""{"profiles":[{"uid":"nothing"}]}""", "profiles[0].uid")]
    [InlineData("""{"profiles":[]}""", "profiles")]
    [InlineData("""{}""", "profiles")]
    [InlineData("""{"profiles":[{"uid":"UID"},{"uid":"UID"}]}""", "profiles[1].uid")]
    [InlineData("""{"profiles":[{"uid":"UID","packValues":[{"name":"unknown"}]}]}""", "profiles[0].packValues[0].name")]
    [InlineData(
        """{"profiles":[{"uid":"UID","packValues":[{"name":"kubernetes","tag":"9.9.9"}]}]}""",
        "profiles[0].packValues.kubernetes.tag"
    )]
    [InlineData("""{"profiles":[{"uid":"UID","variables":[{"name":"a"}]}]}""", "profiles[0].variables")]
    [InlineData(
        """{"profiles":[{"uid":"UID"}],"spcApplySettings":{"actionType":"DownloadAndInstallLater"}}""",
        "spcApplySettings.actionType"
    )]
    public async Task A_change_of_profiles_that_cannot_be_is_refused_with_its_field(string body, string field)
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");

        var json = JsonNode.Parse(body.Replace("UID", world.Profile, StringComparison.Ordinal))!;

        Assert.Equal(
            [field],
            TestConsole.Fields(await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/profiles", json, 400))
        );
        Assert.Equal([field], TestConsole.Fields(await world.Console.PutAsync($"/v1/spectroclusters/{uid}/profiles", json, 400)));
    }

    [Fact]
    public async Task Of_many_edits_at_once_none_is_lost()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        var config = await world.ConfigAsync(uid);

        var answers = await Task.WhenAll(
            Enumerable
                .Range(1, 8)
                .Select(number =>
                    number % 2 is 0
                        ? world.Console.Client.PostAsJsonAsync(
                            $"{config}/machinePools",
                            World.Pool($"pool-{number}", number, false)
                        )
                        : world.Console.Client.PutAsJsonAsync(
                            $"{config}/clusterConfig",
                            new { clusterConfig = new { ntpServers = new[] { $"ntp-{number}" } } }
                        )
                )
        );

        Assert.All(answers, answer => Assert.True((int)answer.StatusCode is 201 or 204 or 409, answer.ToString()));
        var applied = answers.Count(answer => answer.IsSuccessStatusCode);
        var wanted = await world.WantedAsync(uid);
        Assert.Equal(1 + applied, wanted.Generation);
        Assert.Equal(answers.Count(answer => (int)answer.StatusCode is 201), wanted.Workers.Count() - 1);
        Assert.StartsWith("ntp-", Assert.Single(wanted.Nodes.NtpServers), StringComparison.Ordinal);
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Fact]
    public async Task No_request_body_causes_a_server_error_in_an_edit()
    {
        await using var world = await World.MakeAsync(change: options =>
            options with
            {
                RequestTimeout = TimeSpan.FromMilliseconds(50),
            }
        );
        var uid = await world.CreateClusterAsync("demo");
        var config = await world.ConfigAsync(uid);
        var (cluster, pool) = ($"/v1/spectroclusters/{uid}", $"{config}/machinePools/worker-pool");
        (string Method, string Path)[] routes =
        [
            ("PUT", pool),
            ("POST", $"{config}/machinePools"),
            ("PUT", $"{config}/clusterConfig"),
            ("PATCH", $"{cluster}/profiles"),
            ("PUT", $"{cluster}/profiles"),
            ("DELETE", $"{cluster}/profiles"),
            ("POST", $"{cluster}/plan"),
            ("POST", $"{cluster}/whyNot"),
            ("POST", $"{cluster}/whatIf"),
            ("POST", $"{cluster}/validate/repave"),
            ("PUT", $"{cluster}/autoRepair"),
            ("PUT", $"/v1/projects/{world.Project}/autoRepair"),
        ];
        List<string> wrong = [];
        foreach (var (method, path) in routes)
        {
            foreach (var body in OddBodies)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path)
                {
                    Content = new StringContent(
                        body.Replace("PROFILE", world.Profile, StringComparison.Ordinal),
                        System.Text.Encoding.UTF8,
                        "application/json"
                    ),
                };
                using var answer = await world.Console.Client.SendAsync(request);
                if ((int)answer.StatusCode >= 500)
                {
                    wrong.Add($"{method} {path} <- {body}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
                }
            }
        }

        Assert.True(wrong.Count is 0, string.Join(Environment.NewLine, wrong));
        Assert.Equal("Pending", await world.StateAsync(uid));
    }

    /// <summary>The gateway has taken the first machine of the cluster.</summary>
    private static Task BeginAsync(World world, string uid) =>
        world.Gateway.ReportAsync(
            world.Gateway.Status(
                uid,
                ClusterPhase.Provisioning,
                Health.Unknown,
                FakeGateway.Machine("abc123", "control-plane-pool") with
                {
                    State = "Deploying",
                    NodeReady = false,
                    KubernetesVersion = null,
                }
            ) with
            {
                KubernetesVersion = null,
            }
        );

    private static Task<JsonElement> PatchAsync(World world, string uid, string profile, object values, int expected = 204) =>
        world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/profiles",
            new { profiles = new[] { new { uid = profile, packValues = new[] { values } } } },
            expected
        );
}
