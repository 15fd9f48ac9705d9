using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.Documents;

namespace Gantry.Cli.Tests.Files;

/// <summary>Documents on the command line, with a real console.</summary>
public sealed class ApplyTests : IAsyncLifetime
{
    private RealConsole _console = null!;

    public async ValueTask InitializeAsync() => _console = await RealConsole.StartAsync();

    public ValueTask DisposeAsync() => _console.DisposeAsync();

    [Fact]
    public async Task A_folder_of_ten_clusters_is_applied_once_and_a_second_time_changes_nothing()
    {
        using var terminal = _console.Terminal();
        var folder = Ten(terminal);

        Assert.Equal((ExitCode.Differs, 10), await LinesAsync("diff", "-f", folder));
        Assert.Equal((ExitCode.Ok, 10), await LinesAsync("apply", "-f", folder));
        Assert.Equal((ExitCode.Ok, 0), await LinesAsync("apply", "-f", folder));
        Assert.Equal((ExitCode.Ok, 0), await LinesAsync("diff", "-f", folder));

        using var last = _console.Terminal();
        Assert.Equal(ExitCode.Ok, await last.RunAsync("apply", "-f", folder));
        Assert.Equal("nothing to change: 10 documents say what is there\n", last.Error);
        using var list = _console.Terminal();
        Assert.Equal(ExitCode.Ok, await list.RunAsync("cluster", "list", "-o", "json"));
        Assert.Equal(10, JsonNode.Parse(list.Out)!.AsArray().Count);

        async Task<(int Code, int Lines)> LinesAsync(params string[] arguments)
        {
            using var host = _console.Terminal();
            var code = await host.RunAsync(arguments);
            return (code, host.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        }
    }

    [Fact]
    public async Task Wrong_fields_are_named_with_file_line_and_remedy_and_nothing_is_applied()
    {
        using var terminal = _console.Terminal();
        var folder = Ten(terminal);
        Replace(folder, "edge-3.yaml", "size: 1", "sise: 1");
        Replace(folder, "edge-4.yaml", "size: 2", "size: two");

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("apply", "-f", folder));

        Assert.Equal(
            $"""
            gantry: nothing was changed
              {folder}/edge-3.yaml:13: spec.pools[0].sise: is no field of this document; there is: {PoolFields}
              {folder}/edge-4.yaml:15: spec.pools[1].size: 'two' is not a whole number; write one, for example 3

            """,
            terminal.Error
        );

        // What only the console can know.
        Replace(folder, "edge-3.yaml", "sise: 1", "size: 2");
        Replace(folder, "edge-4.yaml", "size: two", "size: 2");
        Replace(folder, "edge-9.yaml", "account: lab", "account: berlin");
        using var refused = _console.Terminal();
        Assert.Equal(ExitCode.Refused, await refused.RunAsync("apply", "-f", folder));
        Assert.Equal(
            $"""
            gantry: nothing was changed
              {folder}/edge-3.yaml:13: spec.pools[0].size: 2 control planes cannot keep a quorum well; write 1, 3 or 5
              {folder}/edge-9.yaml:7: spec.account: there is no cloud account 'berlin'; write one of: lab

            """,
            refused.Error
        );
        using var list = _console.Terminal();
        Assert.Equal(ExitCode.Ok, await list.RunAsync("cluster", "list", "-o", "json"));
        Assert.Empty(JsonNode.Parse(list.Out)!.AsArray());
    }

    [Fact]
    public async Task An_exported_cluster_is_a_document_without_secrets_that_changes_nothing()
    {
        using var terminal = _console.Terminal();
        var folder = Ten(terminal);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", Path.Combine(folder, "edge-1.yaml")));
        using var export = _console.Terminal();
        Assert.Equal(ExitCode.Ok, await export.RunAsync("cluster", "export", "edge-1"));
        Testing.Golden.Match(export.Out, "export.yaml");

        using var piped = _console.Terminal();
        Assert.Equal(
            ExitCode.Ok,
            await TestHost.RunAsync(piped.Host with { In = new StringReader(export.Out) }, "diff", "-f", "-")
        );
        using var profile = _console.Terminal();
        Assert.Equal(ExitCode.Ok, await profile.RunAsync("profile", "export", "base"));
        using var both = _console.Terminal();
        Assert.Equal(
            ExitCode.Ok,
            await TestHost.RunAsync(
                both.Host with
                {
                    In = new StringReader($"{export.Out}---\n{profile.Out}"),
                },
                "diff",
                "-f",
                "-"
            )
        );
        Assert.DoesNotContain("sealed key", export.Out + profile.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_difference_shows_fields_and_lines_and_pools_go_only_with_prune()
    {
        using var terminal = _console.Terminal();
        var folder = Ten(terminal);
        var file = Path.Combine(folder, "edge-1.yaml");
        await terminal.RunAsync("apply", "-f", file);
        Replace(folder, "edge-1.yaml", "size: 2", "size: 4");
        Replace(folder, "edge-1.yaml", "# two lines\\n", "# three\\n# lines\\n");
        using var diff = _console.Terminal();
        Assert.Equal(ExitCode.Differs, await diff.RunAsync("diff", "-f", file));
        Testing.Golden.Match(diff.Out.Replace(folder, "clusters", StringComparison.Ordinal), "diff.txt");

        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            file,
            text[..text.IndexOf("    - name: workers", StringComparison.Ordinal)],
            TestContext.Current.CancellationToken
        );
        using var refused = _console.Terminal();
        Assert.Equal(ExitCode.Refused, await refused.RunAsync("apply", "-f", file));
        Assert.Contains("edge-1.yaml:11: spec.pools: has no 'workers'", refused.Error, StringComparison.Ordinal);
        using var asked = _console.Terminal();
        Assert.Equal(
            ExitCode.Cancelled,
            await TestHost.RunAsync(
                asked.Host with
                {
                    Interactive = true,
                    In = new StringReader("no\n"),
                },
                "apply",
                "-f",
                file,
                "--prune"
            )
        );
        Assert.StartsWith("Remove pool workers of edge-1 and release its machines?", asked.Error, StringComparison.Ordinal);
        using var pruned = _console.Terminal();
        Assert.Equal(ExitCode.Ok, await pruned.RunAsync("apply", "-f", file, "--prune"));
        Assert.Contains("spec.pools[workers].size: 2 → not set", pruned.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_key_in_a_document_never_leaves_this_machine()
    {
        using var terminal = _console.Terminal();
        var folder = Ten(terminal);
        Replace(
            folder,
            "edge-1.yaml",
            "  pools:",
            "  sshKeys:\n    - |\n      -----BEGIN OPENSSH PRIVATE KEY-----\n      c2VjcmV0\n  pools:"
        );

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("diff", "-f", folder));

        Assert.Contains("edge-1.yaml:12: spec.sshKeys[0]: is a private key, which never leaves this machine", terminal.Error);
        Assert.DoesNotContain("c2VjcmV0", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_is_edited_as_yaml_made_from_it_and_named_with_its_version()
    {
        using var edit = _console.Terminal();
        edit.Environment["EDITOR"] = "sed -i 's/backend: vxlan/backend: host-gw/'";
        Assert.Equal(ExitCode.Ok, await edit.RunAsync("profile", "edit", "base"));
        Assert.Contains("      - backend: vxlan\n      + backend: host-gw\n", edit.Out, StringComparison.Ordinal);
        Assert.Equal("1 updated\n", edit.Error);
        using var again = _console.Terminal();
        again.Environment["EDITOR"] = "true";
        Assert.Equal(ExitCode.Ok, await again.RunAsync("profile", "edit", "base:1.0.0"));
        Assert.Equal("nothing was changed\n", again.Error);

        using var export = _console.Terminal();
        await export.RunAsync("profile", "export", "base");
        var file = Path.Combine(export.Home, "base.yaml");
        await File.WriteAllTextAsync(file, export.Out, TestContext.Current.CancellationToken);
        using var create = _console.Terminal();
        Assert.Equal(ExitCode.Ok, await create.RunAsync("profile", "create", "-f", file, "--version", "1.10.0"));
        await create.RunAsync("profile", "create", "-f", file, "--version", "1.9.0");
        using var newest = _console.Terminal();
        await newest.RunAsync("profile", "export", "base");
        Assert.Contains("version: \"1.10.0\"", newest.Out, StringComparison.Ordinal);
        using var delete = _console.Terminal();
        Assert.Equal(ExitCode.Usage, await delete.RunAsync("profile", "delete", "base"));
        Assert.Contains("name one: base:1.0.0, base:1.10.0, base:1.9.0", delete.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await delete.RunAsync("profile", "delete", "base:1.9.0"));
        using var packs = _console.Terminal();
        Assert.Equal(ExitCode.Ok, await packs.RunAsync("pack", "list"));
        Assert.Contains("\nk8s     kubernetes       1.37.", packs.Out, StringComparison.Ordinal);
    }

    private const string PoolFields =
        "name, controlPlane, size, schedulable, minCpu, minMemoryMiB, minDiskGB, zones, resourcePool, tags, notTags, architecture, "
        + "subnet, labels, annotations, taints, rollingUpdate, repaveIntervalSeconds, drainTimeoutSeconds, erase";

    private static string Ten(TestHost terminal)
    {
        var folder = Directory.CreateDirectory(Path.Combine(terminal.Home, "clusters")).FullName;
        for (var number = 1; number <= 10; number++)
        {
            File.WriteAllText(
                Path.Combine(folder, $"edge-{number}.yaml"),
                $$"""
                # A cluster of the edge.
                apiVersion: gantry.dev/v1
                kind: Cluster
                metadata:
                  name: edge-{{number}}
                spec:
                  account: lab
                  profiles:
                    - name: base:1.0.0
                      packs: [{ name: csi-local-path, tag: 0.0.32 }]
                  pools:
                    - name: control-plane
                      size: 1
                      controlPlane: true
                    - { name: workers, size: 2, labels: { team: web, "on-call": yes } }

                """
            );
        }

        // The first one has more to write.
        File.WriteAllText(
            Path.Combine(folder, "edge-1.yaml"),
            """
            apiVersion: gantry.dev/v1
            kind: Cluster
            metadata:
              name: edge-1
            spec:
              account: lab
              profiles:
                - name: base:1.0.0
                  packs:
                    - { name: ubuntu-maas, values: "image: custom/mine\n# two lines\n" }
              pools:
                - name: control-plane
                  size: 1
                  controlPlane: true
                - name: workers
                  size: 2
                  zones: [a, b]
                  taints: [{ key: gpu, value: yes, effect: NoSchedule }]
                  rollingUpdate: { maxSurge: 25%, maxUnavailable: 1 }

            """
        );
        return folder;
    }

    private static void Replace(string folder, string name, string old, string by)
    {
        var file = Path.Combine(folder, name);
        var text = File.ReadAllText(file);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(old, by, StringComparison.Ordinal));
    }
}
