using System.Text.Json.Nodes;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Provider;

/// <summary><c>spectrocloud_cluster_maas</c> with a control plane and a pool of workers.</summary>
internal sealed class ProviderCluster(World world)
    : ProviderResource(
        world,
        Json(
                """
                {"tags":{},"description":"","ntp_servers":[],"ssh_keys":[],"cluster_meta_attribute":"","cluster_timezone":"",
                 "location_config":null,"pool.count":1,"pool.azs":[],"pool.node_tags":[],"pool.resource_pool":"","pool.min_cpu":0,
                 "pool.min_memory_mb":0,"pool.additional_labels":{},"pool.additional_annotations":{},"pool.taints":[],
                 "pool.update_strategy":"RollingUpdateScaleOut","pool.node_repave_interval":0,"pool.max":0,"second_pool":null}
                """
            )
            .AsObject()
    )
{
    private string _config = "";

    public override async Task CreateAsync()
    {
        var body = World.Body("demo");
        body["metadata"] = Metadata();
        var spec = body["spec"]!;
        spec["cloudConfig"] = CloudConfig();
        spec["machinepoolconfig"] = new JsonArray(World.Pool("control-plane-pool", 1, true), Workers());
        Uid = (await SendAsync("POST", "/v1/spectroclusters/maas", body)).GetProperty("uid").GetString()!;
        _config = await World.ConfigAsync(Uid);
    }

    protected override async Task UpdateAsync(Func<string, bool> hasChange)
    {
        var cluster = $"/v1/spectroclusters/{Uid}";
        await GetAsync(cluster);
        if (hasChange("ntp_servers") || hasChange("ssh_keys") || hasChange("enable_lxd_vm"))
        {
            await SendAsync("PUT", $"{_config}/clusterConfig", new JsonObject { ["clusterConfig"] = CloudConfig() });
        }

        await GetAsync(_config);
        if (Attributes.Any(one => one.Key.StartsWith("pool.", StringComparison.Ordinal) && hasChange(one.Key)))
        {
            await SendAsync("PUT", $"{_config}/machinePools/worker-pool", Workers());
        }

        if (hasChange("second_pool"))
        {
            var second = World.Pool("second", (int?)Attributes["second_pool"] ?? 0, false);
            await (
                Attributes["second_pool"] is null
                    ? SendAsync("DELETE", $"{_config}/machinePools/second")
                    : SendAsync("POST", $"{_config}/machinePools", second)
            );
        }

        if (hasChange("tags") || hasChange("description"))
        {
            await SendAsync("PATCH", $"{cluster}/metadata", new JsonObject { ["metadata"] = Metadata() });
        }

        (string Attribute, string Method, string Path, Func<JsonNode?> Body)[] settings =
        [
            ("namespaces", "PUT", "config/namespaces", () => new JsonObject { ["namespaces"] = Given("namespaces") }),
            ("cluster_rbac_binding", "PUT", "config/rbacs", () => new JsonObject { ["rbacs"] = Given("cluster_rbac_binding") }),
            ("os_patch_on_boot", "PATCH", "clusterConfig/osPatch", OsPatch),
            ("os_patch_schedule", "PATCH", "clusterConfig/osPatch", OsPatch),
            ("backup_policy", "POST", "features/backup", () => Given("backup_policy")),
            ("scan_policy", "POST", "features/complianceScan", () => Given("scan_policy")),
            (
                "host_config",
                "PATCH",
                "clusterConfig/hostCluster",
                () => new JsonObject { ["hostClusterConfig"] = Given("host_config") }
            ),
            (
                "pause_agent_upgrades",
                "POST",
                "upgrade/settings",
                () => new JsonObject { ["spectroComponents"] = Given("pause_agent_upgrades") }
            ),
            (
                "cluster_meta_attribute",
                "PATCH",
                "clusterConfig/clusterMetaAttribute",
                () => new JsonObject { ["clusterMetaAttribute"] = Given("cluster_meta_attribute") }
            ),
            ("location_config", "PUT", "location", Location),
            (
                "cluster_timezone",
                "PATCH",
                "clusterConfig/timezone",
                () => new JsonObject { ["timezone"] = Given("cluster_timezone") }
            ),
        ];
        foreach (var (attribute, method, path, body) in settings.Where(one => hasChange(one.Attribute)))
        {
            await SendAsync(method, $"{cluster}/{path}", body());
        }
    }

    protected override async Task<JsonObject> ReadAsync()
    {
        var cluster = await GetAsync($"/v1/spectroclusters/{Uid}");
        var config = (await GetAsync(_config))["spec"]!;
        var pools = config["machinePoolConfig"]!.AsArray();
        var pool = pools.Single(one => (string?)one!["name"] == "worker-pool")!;
        return new JsonObject
        {
            ["tags"] = cluster["metadata"]!["labels"]?.DeepClone() ?? new JsonObject(),
            ["description"] = cluster["metadata"]!["annotations"]?["description"]?.DeepClone() ?? "",
            ["ntp_servers"] = config["clusterConfig"]!["ntpServers"]!.DeepClone(),
            ["ssh_keys"] = config["clusterConfig"]!["sshKeys"]!.DeepClone(),
            ["cluster_meta_attribute"] = cluster["spec"]!["clusterConfig"]!["clusterMetaAttribute"]!.DeepClone(),
            ["cluster_timezone"] = cluster["spec"]!["clusterConfig"]!["timezone"]!.DeepClone(),
            ["location_config"] = cluster["status"]!["location"]?.DeepClone(),
            ["pool.count"] = pool["size"]!.DeepClone(),
            ["pool.azs"] = pool["azs"]!.DeepClone(),
            ["pool.node_tags"] = pool["tags"]!.DeepClone(),
            ["pool.resource_pool"] = pool["resourcePool"]!.DeepClone(),
            ["pool.min_cpu"] = pool["instanceType"]!["minCPU"]?.DeepClone() ?? 0,
            ["pool.min_memory_mb"] = pool["instanceType"]!["minMemInMB"]?.DeepClone() ?? 0,
            ["pool.additional_labels"] = pool["additionalLabels"]!.DeepClone(),
            ["pool.additional_annotations"] = pool["additionalAnnotations"]!.DeepClone(),
            ["pool.taints"] = pool["taints"]!.DeepClone(),
            ["pool.update_strategy"] = pool["updateStrategy"]!["type"]!.DeepClone(),
            ["pool.node_repave_interval"] = pool["nodeRepaveInterval"]!.DeepClone(),
            ["pool.max"] = pool["maxSize"]!.DeepClone(),
            ["second_pool"] = pools.SingleOrDefault(one => (string?)one!["name"] == "second")?["size"]?.DeepClone(),
        };
    }

    private JsonObject Metadata() =>
        WithoutEmptyMaps(
            new JsonObject
            {
                ["name"] = "demo",
                ["labels"] = Given("tags"),
                ["annotations"] = new JsonObject { ["description"] = Given("description") },
            }
        );

    private JsonObject CloudConfig() =>
        new()
        {
            ["domain"] = "maas",
            ["enableLxdVm"] = Given("enable_lxd_vm") ?? false,
            ["ntpServers"] = NullIfEmpty(Given("ntp_servers")),
            ["sshKeys"] = NullIfEmpty(Given("ssh_keys")),
            ["staticIp"] = false,
        };

    // The zero time stands where the user wrote none.
    private JsonNode OsPatch() =>
        new JsonObject
        {
            ["osPatchConfig"] = new JsonObject
            {
                ["onDemandPatchAfter"] = "0001-01-01T00:00:00.000Z",
                ["patchOnBoot"] = Given("os_patch_on_boot") ?? false,
                ["rebootIfRequired"] = false,
                ["schedule"] = Given("os_patch_schedule") ?? "",
            },
        };

    private JsonNode Location() =>
        new JsonObject
        {
            ["location"] =
                Given("location_config")
                ?? Json(
                    """{"countryCode":"","countryName":"","geoLoc":{"latitude":0,"longitude":0},"regionCode":"","regionName":""}"""
                ),
        };

    private JsonObject Workers()
    {
        var cloud = new JsonObject
        {
            ["azs"] = Given("pool.azs"),
            ["instanceType"] = new JsonObject(),
            ["resourcePool"] = Given("pool.resource_pool"),
            ["tags"] = NullIfEmpty(Given("pool.node_tags")),
            ["useLxdVm"] = false,
        };
        foreach (var (attribute, name) in new[] { ("pool.min_cpu", "minCPU"), ("pool.min_memory_mb", "minMemInMB") })
        {
            // A zero is left out.
            if ((int?)Attributes[attribute] is { } least and > 0)
            {
                cloud["instanceType"]![name] = least;
            }
        }

        if (Given("pool.network") is { } network)
        {
            cloud["network"] = network;
        }

        var config = WithoutEmptyMaps(
            new JsonObject
            {
                ["name"] = "worker-pool",
                ["size"] = Given("pool.count"),
                ["isControlPlane"] = false,
                ["labels"] = new JsonArray("worker"),
                ["additionalLabels"] = Given("pool.additional_labels"),
                ["additionalAnnotations"] = Given("pool.additional_annotations"),
                ["taints"] = NullIfEmpty(Given("pool.taints")),
                ["updateStrategy"] = new JsonObject { ["type"] = Given("pool.update_strategy") },
                ["skipK8sUpgrade"] = Given("pool.skip_k8s_upgrade") ?? "disabled",
            }
        );
        foreach (
            var (attribute, name) in new[]
            {
                ("pool.node_repave_interval", "nodeRepaveInterval"),
                ("pool.max", "maxSize"),
                ("pool.override_kubeadm_configuration", "overrideKubeadmConfiguration"),
            }
        )
        {
            if (Given(attribute) is { } value && value.ToJsonString() is not "0")
            {
                config[name] = value;
            }
        }

        return new JsonObject { ["cloudConfig"] = cloud, ["poolConfig"] = config };
    }
}
