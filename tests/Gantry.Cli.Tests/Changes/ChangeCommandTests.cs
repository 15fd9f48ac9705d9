using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Protocol;
using Gantry.Testing;

namespace Gantry.Cli.Tests.Changes;

/// <summary>Requests of the change commands, and their output for the console's answers.</summary>
public sealed class ChangeCommandTests : IAsyncLifetime
{
    private const string Cluster = $"/v1/spectroclusters/{FakeConsole.Uid}";
    private const string Pools = $"{Cluster}/machinePools";
    private FakeConsole _console = null!;

    public async ValueTask InitializeAsync()
    {
        _console = await FakeConsole.StartAsync();
        var plan = JsonSerializer.Serialize(Samples.Upgrade, ProtocolJson.Options);
        _console.Answer($"POST {Cluster}/plan", plan);
        _console.Answer("POST /v1/spectroclusters/maas/plan", plan);
    }

    public ValueTask DisposeAsync() => _console.DisposeAsync();

    [Fact]
    public async Task A_change_is_planned_with_the_same_patch_that_it_is_made_with()
    {
        using var planned = TestHost.For(_console);
        using var made = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await planned.RunAsync("plan", "scale", "demo", "--size", "5"));
        Assert.Equal(ExitCode.Ok, await made.RunAsync("cluster", "scale", "demo", "--size", "5"));

        Assert.Equal(
            [$"POST {Cluster}/plan", $"PATCH {Pools}/worker-pool?generation=4"],
            _console.Changes.Select(asked => asked.Call)
        );
        Assert.Equal(
            """{"generation":4,"machinePools":[{"op":"patch","name":"worker-pool","patch":{"size":5}}]}""",
            _console.Changes[0].Body!.ToJsonString()
        );
        Assert.Equal("""{"size":5}""", _console.Changes[1].Body!.ToJsonString());
        Assert.Contains("demo: scale worker-pool to 5 machines", planned.Out, StringComparison.Ordinal);
        Assert.Contains("gantry apply --plan 3f9c2d71a0b4", planned.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_output_names_the_changed_cluster()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "scale", "demo", "--size", "5", "-o", "json"));

        Assert.Equal(FakeConsole.Uid, (string?)JsonNode.Parse(host.Out)!["uid"]);
    }

    [Fact]
    public async Task The_control_plane_is_a_pool_like_any_other()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "scale", "demo", "--pool", "control-plane", "--size", "5"));

        Assert.Equal($"PATCH {Pools}/control-plane-pool?generation=4", _console.Changes.Single().Call);
    }

    [Fact]
    public async Task An_upgrade_names_version_image_and_the_generation_that_was_read()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "upgrade", "demo", "--kubernetes", "v1.34.1"));
        Assert.Equal(
            ExitCode.Ok,
            await host.RunAsync("plan", "upgrade", "demo", "--kubernetes", "1.34.1", "--image", "custom/new")
        );

        Assert.Equal(
            [$"POST {Cluster}/upgrade?generation=4", $"POST {Cluster}/plan"],
            _console.Changes.Select(asked => asked.Call)
        );
        Assert.Equal("""{"kubernetes":"1.34.1"}""", _console.Changes[0].Body!.ToJsonString());
        Assert.Equal(
            """{"generation":4,"upgrade":{"kubernetes":"1.34.1","image":"custom/new"}}""",
            _console.Changes[1].Body!.ToJsonString()
        );
        Assert.Contains("demo: upgrade to Kubernetes 1.34.1 and image custom/new", host.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/upgrade", "upgrade", "demo", "--kubernetes", "1.34.1")]
    [InlineData("PATCH", "/machinePools/worker-pool", "scale", "demo", "--size", "5")]
    [InlineData("PATCH", "/machinePools/worker-pool", "update", "demo", "--label", "team=web")]
    [InlineData("POST", "/machinePools", "pool", "add", "demo", "gpu", "--size", "2")]
    [InlineData("DELETE", "/machinePools/worker-pool", "pool", "remove", "demo", "worker-pool")]
    public async Task A_change_of_a_cluster_that_was_changed_since_it_was_read_is_refused_with_what_to_do(
        string method,
        string path,
        params string[] command
    )
    {
        _console.Answer(
            $"{method} {Cluster}{path}?generation=4",
            """{"code":"GenerationOutdated","message":"The cluster has generation 5 by now.","details":{"fields":[]},"ref":"r"}""",
            409
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Refused, await host.RunAsync(["cluster", .. command]));

        Assert.Contains(
            "The cluster has generation 5 by now. Run the command again: it starts from what the cluster is now.",
            host.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Each_part_of_a_change_is_made_for_the_generation_of_the_part_before()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(
            ExitCode.Ok,
            await host.RunAsync("cluster", "update", "demo", "--label", "team=web", "--profile", "base:1.0.0")
        );

        Assert.Equal(
            [$"PATCH {Pools}/worker-pool?generation=4", $"PATCH {Cluster}/profiles?generation=5&resolveNotification=true"],
            _console.Changes.Select(asked => asked.Call)
        );
    }

    [Fact]
    public async Task Pools_are_added_and_removed()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(
            ExitCode.Ok,
            await host.RunAsync("cluster", "pool", "add", "demo", "gpu", "--size", "2", "--memory", "256GiB", "--tag", "gpu")
        );
        Assert.Equal(ExitCode.Ok, await host.RunAsync("plan", "pool", "remove", "demo", "worker-pool"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "pool", "remove", "demo", "worker-pool"));

        Assert.Equal(
            [$"POST {Pools}?generation=4", $"POST {Cluster}/plan", $"DELETE {Pools}/worker-pool?generation=4"],
            _console.Changes.Select(asked => asked.Call)
        );
        Assert.Equal(262144, (int)_console.Changes[0].Body!["cloudConfig"]!["instanceType"]!["minMemInMB"]!);
        Assert.Equal("""[{"op":"delete","name":"worker-pool"}]""", _console.Changes[1].Body!["machinePools"]!.ToJsonString());
    }

    [Fact]
    public async Task A_machine_is_named_by_host_name_or_system_id()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("plan", "replace-machine", "demo", "node-05"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "replace-machine", "demo", "node-05"));
        Assert.Equal(ExitCode.NotFound, await host.RunAsync("cluster", "replace-machine", "demo", "node-99"));

        Assert.Equal(ExitCode.Ok, await host.RunAsync("plan", "replace-machine", "demo", "node-05", "--no-quarantine"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "replace-machine", "demo", "node-05", "--no-quarantine"));

        Assert.Equal("""{"replaceMachines":["wk0002"],"quarantineReplaced":true}""", _console.Changes[0].Body!.ToJsonString());
        Assert.Equal($"POST {Cluster}/machines/wk0002/replace?quarantine=true", _console.Changes[1].Call);
        Assert.Equal("""{"replaceMachines":["wk0002"]}""", _console.Changes[2].Body!.ToJsonString());
        Assert.Equal($"POST {Cluster}/machines/wk0002/replace", _console.Changes[3].Call);
        Assert.Contains("demo has no machine `node-99`; it has: node-01", host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_are_renewed_and_shown()
    {
        _console.Answer(
            $"GET {Cluster}/k8certificates",
            """
            {"machineCertificates":[{"name":"node-01","certificateAuthorities":[{"name":"ca",
              "expiry":"2036-02-28T00:00:00Z","certificates":[
              {"name":"apiserver","expiry":"2026-03-20T00:00:00Z"},{"name":"apiserver-kubelet-client",
                "expiry":"2026-03-01T00:00:00Z"}]}]}]}
            """
        );
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "certificates", "demo"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "certificates", "renew", "demo"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("plan", "renew-certificates", "demo"));

        Golden.Match(host.Out[..host.Out.IndexOf("\ndemo:", StringComparison.Ordinal)], "certificates.txt");
        Assert.Equal(
            [$"PATCH {Cluster}/k8certificates/renew", $"POST {Cluster}/plan"],
            _console.Changes.Select(asked => asked.Call)
        );
        Assert.Equal("""{"renewCertificates":true}""", _console.Changes[1].Body!.ToJsonString());
    }

    [Fact]
    public async Task A_deletion_may_drain_and_is_planned_so()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("plan", "delete", "demo", "--drain"));
        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "delete", "demo", "--drain"));

        Assert.Equal("""{"delete":{"drain":true}}""", _console.Changes[0].Body!.ToJsonString());
        Assert.Equal($"DELETE {Cluster}?drain=true", _console.Changes[1].Call);
    }

    [Fact]
    public async Task A_force_that_is_too_early_is_refused_with_the_remaining_time()
    {
        var deleting = JsonNode.Parse(Samples.Cluster)!;
        deleting["metadata"]!["deletionTimestamp"] = "2026-03-02T14:54:00Z";
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Refused, await host.RunAsync("cluster", "delete", "demo", "--force"));
        _console.Answer($"GET {Cluster}", deleting.ToJsonString());
        Assert.Equal(ExitCode.Refused, await host.RunAsync("cluster", "delete", "demo", "--force"));

        Assert.Contains(
            "demo is not being deleted: run `gantry cluster delete demo` first",
            host.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("demo has been deleting for 6m00s; --force is possible in 9m00s", host.Error, StringComparison.Ordinal);
        Assert.Empty(_console.Changes);
    }

    [Fact]
    public async Task A_force_that_is_due_is_sent()
    {
        var deleting = JsonNode.Parse(Samples.Cluster)!;
        deleting["metadata"]!["deletionTimestamp"] = "2026-03-02T14:44:00Z";
        _console.Answer($"GET {Cluster}", deleting.ToJsonString());
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "delete", "demo", "--force"));

        Assert.Equal($"DELETE {Cluster}?forceDelete=true", _console.Changes.Single().Call);
    }

    [Theory]
    [InlineData("on", """{"enabled":true}""")]
    [InlineData("off", """{"enabled":false}""")]
    [InlineData("inherit", "{}")]
    public async Task Auto_repair_has_three_answers(string choice, string wire)
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("cluster", "auto-repair", "demo", choice));

        Assert.Equal($"PUT {Cluster}/autoRepair", _console.Changes.Single().Call);
        Assert.Equal(wire, _console.Changes.Single().Body!.ToJsonString());
    }

    [Fact]
    public async Task A_project_sets_the_default_of_its_clusters()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("project", "auto-repair", "off"));

        Assert.Equal($"PUT /v1/projects/{FakeConsole.ProjectUid}/autoRepair", _console.Changes.Single().Call);
    }

    [Theory]
    [InlineData("true", "project Default: auto-repair is on\n")]
    [InlineData("false", "project Default: auto-repair is off\n")]
    public async Task The_setting_of_a_project_is_shown_when_no_value_is_given(string enabled, string expected)
    {
        _console.Answer($"GET /v1/projects/{FakeConsole.ProjectUid}/autoRepair", $$"""{"enabled":{{enabled}} }""");
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await host.RunAsync("project", "auto-repair"));

        Assert.Equal(expected, host.Out);
        Assert.Empty(_console.Changes);
    }

    [Fact]
    public async Task A_cluster_takes_over_another_version_of_its_profile_as_planned()
    {
        _console.Answer(
            "GET /v1/dashboard/clusterprofiles/metadata",
            """
            {"items":[{"metadata":{"name":"base","uid":"p1"},"spec":{"version":"1.0.0"}},
              {"metadata":{"name":"base","uid":"p2"},"spec":{"version":"1.1.0"}},{"metadata":{"name":"other",
                "uid":"p3"},"spec":{"version":"1.0.0"}}]}
            """
        );
        using var planned = TestHost.For(_console);
        using var made = TestHost.For(_console);

        Assert.Equal(ExitCode.Ok, await planned.RunAsync("plan", "update", "demo", "--profile", "base:1.1.0"));
        Assert.Equal(ExitCode.Ok, await made.RunAsync("cluster", "update", "demo", "--profile", "base:1.1.0"));

        Assert.Contains("demo: use profile base 1.1.0", planned.Out, StringComparison.Ordinal);
        Assert.Equal(
            [$"POST {Cluster}/plan", $"PATCH {Cluster}/profiles?generation=4&resolveNotification=true"],
            _console.Changes.Select(asked => asked.Call)
        );
        Assert.All(_console.Changes, asked => Assert.Equal("""[{"uid":"p2"}]""", asked.Body!["profiles"]!.ToJsonString()));

        Assert.Equal(ExitCode.Ok, await made.RunAsync("plan", "update", "demo", "--profile", "base"));
        Assert.Equal("""[{"uid":"p2"}]""", _console.Changes[^1].Body!["profiles"]!.ToJsonString());
        Assert.Equal(ExitCode.Refused, await made.RunAsync("cluster", "update", "demo", "--profile", "other"));
        Assert.Contains("demo has no profile `other`", made.Error, StringComparison.Ordinal);
        Assert.Equal(3, _console.Changes.Count);
    }

    [Theory]
    [InlineData("--label: `=x` is not a label; write team=web, or team- to remove it", "--label", "=x")]
    [InlineData("--taint: `gpu` is not a taint; write gpu=yes:NoSchedule", "--taint", "gpu")]
    [InlineData(
        "--memory: `lots` is not an amount of memory; write 64GiB or 65536MiB; a number alone is MiB",
        "--memory",
        "lots"
    )]
    [InlineData("--size: `-1` is not a number", "--size", "-1")]
    [InlineData("--repave-interval: `10` is not a duration; write 90s, 15m or 1h30m", "--repave-interval", "10")]
    [InlineData("--rolling: `both` is not a way to roll a pool", "--rolling", "both")]
    [InlineData("--erase: `all` is not an erase policy; write none, quick, secure or full", "--erase", "all")]
    [InlineData("--clear: `size` is not a pool field that can be cleared", "--clear", "size")]
    public async Task A_wrong_option_is_named_with_what_to_write(string expected, params string[] options)
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Usage, await host.RunAsync(["cluster", "update", "demo", .. options]));
        Assert.Contains(expected, host.Error, StringComparison.Ordinal);
        Assert.Empty(_console.Changes);
    }

    [Theory]
    [InlineData("no change given", "cluster", "update", "demo")]
    [InlineData("no upgrade given", "cluster", "upgrade", "demo")]
    [InlineData(
        "--kubernetes: `1.34` is not a Kubernetes version; write three numbers, for example 1.34.1",
        "cluster",
        "upgrade",
        "demo",
        "--kubernetes",
        "1.34"
    )]
    [InlineData("--size is missing", "cluster", "pool", "add", "demo", "gpu")]
    [InlineData("cluster name is missing", "why-not")]
    [InlineData("cluster name is missing", "what-if", "--count", "3")]
    [InlineData("cluster name is missing", "cluster", "residue")]
    [InlineData("--count", "what-if", "demo")]
    [InlineData("--plan", "apply")]
    [InlineData("'sometimes' not recognized", "cluster", "auto-repair", "demo", "sometimes")]
    public async Task What_is_missing_or_wrong_is_said(string expected, params string[] arguments)
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.Usage, await host.RunAsync(arguments));
        Assert.Contains(expected, host.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_pool_is_refused_with_the_known_ones()
    {
        using var host = TestHost.For(_console);

        Assert.Equal(ExitCode.NotFound, await host.RunAsync("cluster", "update", "demo", "--pool", "gpu", "--cpu", "4"));
        Assert.Contains("demo has no pool `gpu`; it has: control-plane-pool, worker-pool", host.Error, StringComparison.Ordinal);
    }
}
