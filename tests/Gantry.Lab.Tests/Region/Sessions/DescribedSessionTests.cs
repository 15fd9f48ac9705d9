using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Tests.Region.Sessions;

/// <summary>Work of a client that learns all of the API from its description, as python-libmaas does.</summary>
public sealed class DescribedSessionTests : SessionTests
{
    [Fact]
    public async Task The_description_has_what_a_client_looks_up_by_name()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("admin"));

        string[] wanted =
        [
            "Account",
            "BootResources",
            "BootSources",
            "Device",
            "Devices",
            "Domains",
            "Events",
            "Fabric",
            "Fabrics",
            "File",
            "Files",
            "IPRanges",
            "Interface",
            "Interfaces",
            "Maas",
            "Machine",
            "Machines",
            "Nodes",
            "Pods",
            "RackControllers",
            "RegionControllers",
            "SSHKeys",
            "Space",
            "Spaces",
            "StaticRoutes",
            "Subnet",
            "Subnets",
            "Tag",
            "Tags",
            "User",
            "Users",
            "Version",
            "Vlan",
            "Vlans",
            "Zone",
            "Zones",
        ];
        Assert.Empty(wanted.Except(api.Handlers));
        Assert.Equal(["system_id"], api.ParametersOf("Machine"));
        Assert.Superset(
            new HashSet<string>
            {
                "read",
                "update",
                "delete",
                "deploy",
                "release",
                "abort",
                "power_on",
                "power_off",
                "mark_broken",
            },
            api.ActionsOf("Machine").ToHashSet()
        );
    }

    [Fact]
    public async Task A_machine_is_taken_deployed_annotated_and_given_back()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("alice"));
        var taken = (await api.CallAsync("Machines", "allocate", Everything, ("cpu_count", "2"), ("agent_name", "session")))!;
        string[] it = [(string)taken["system_id"]!];
        Assert.Equal("Allocated", (string)taken["status_name"]!);

        var script = Convert.ToBase64String(Encoding.UTF8.GetBytes("#!/bin/sh\ntrue\n"));
        var deploying = await api.CallAsync("Machine", "deploy", it, ("user_data", script), ("comment", "é"));
        Assert.Equal("Deploying", (string)deploying!["status_name"]!);
        await UntilAsync(api, it, "Deployed");

        var kept = await api.CallAsync("Machine", "set_owner_data", it, ("purpose", "größe"));
        Assert.Equal("größe", (string)kept!["owner_data"]!["purpose"]!);
        var found = (await api.CallAsync("Machines", "read", Everything, ("agent_name", "session")))!.AsArray();
        Assert.Equal(it[0], (string)Assert.Single(found)!["system_id"]!);
        var power = await api.CallAsync("Machine", "query_power_state", it);
        Assert.Equal("on", (string)power!["state"]!);

        // A call without fields has a body without parts.
        await api.CallAsync("Machine", "release", it);
        var free = await UntilAsync(api, it, "Ready");
        Assert.Null(free["owner"]);
        Assert.Empty(free["owner_data"]!.AsObject());
    }

    [Fact]
    public async Task Fabrics_VLANs_spaces_and_subnets_are_laid_out_and_taken_away()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("admin"));
        var fabric = (await api.CallAsync("Fabrics", "create", Everything, ("name", "second")))!;
        var fabricId = fabric["id"]!.ToString();
        var vlan = (await api.CallAsync("Vlans", "create", [fabricId], ("vid", "7"), ("name", "seven")))!;
        var space = (await api.CallAsync("Spaces", "create", Everything, ("name", "dmz")))!;
        await api.CallAsync("Vlan", "update", [fabricId, "7"], ("space", space["id"]!.ToString()));
        var subnet = (
            await api.CallAsync("Subnets", "create", Everything, ("cidr", "10.99.0.0/24"), ("vlan", vlan["id"]!.ToString()))
        )!;
        Assert.Equal("dmz", (string)subnet["space"]!);

        var (inUse, _) = await api.TryAsync("Fabric", "delete", [fabricId]);
        Assert.Equal(HttpStatusCode.BadRequest, inUse);

        await api.CallAsync("Subnet", "delete", [subnet["id"]!.ToString()]);
        await api.CallAsync("Vlan", "delete", [fabricId, "7"]);
        await api.CallAsync("Space", "delete", [space["id"]!.ToString()]);
        await api.CallAsync("Fabric", "delete", [fabricId]);
        Assert.DoesNotContain(
            (await api.CallAsync("Fabrics", "read", Everything))!.AsArray(),
            one => (string)one!["name"]! == "second"
        );
    }

    [Fact]
    public async Task A_bond_and_a_bridge_are_made_linked_and_taken_apart()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("admin"));
        var machine = (await api.CallAsync("Machines", "read", Everything))!.AsArray()[0]!;
        var id = (string)machine["system_id"]!;
        var second = await api.CallAsync(
            "Interfaces",
            "create_physical",
            [id],
            ("mac_address", "52:54:00:99:00:01"),
            ("name", "spare0"),
            ("vlan", machine["boot_interface"]!["vlan"]!["id"]!.ToString())
        );
        var bond = await api.CallAsync(
            "Interfaces",
            "create_bond",
            [id],
            ("name", "bond0"),
            ("parents", second!["id"]!.ToString()),
            ("bond_mode", "active-backup")
        );
        var bridge = await api.CallAsync(
            "Interfaces",
            "create_bridge",
            [id],
            ("name", "br0"),
            ("parent", bond!["id"]!.ToString())
        );
        string[] itself = [id, bridge!["id"]!.ToString()];
        var subnet = (await api.CallAsync("Subnets", "read", Everything))!.AsArray()[0]!["id"]!.ToString();

        var linked = await api.CallAsync("Interface", "link_subnet", itself, ("mode", "AUTO"), ("subnet", subnet));
        var link = Assert.Single(linked!["links"]!.AsArray(), link => (string)link!["mode"]! == "auto")!;
        var free = await api.CallAsync("Interface", "unlink_subnet", itself, ("id", link["id"]!.ToString()));

        Assert.DoesNotContain(free!["links"]!.AsArray(), link => (string)link!["mode"]! == "auto");
        await api.CallAsync("Interface", "delete", itself);
        await api.CallAsync("Interface", "delete", [id, bond["id"]!.ToString()]);
        var left = (await api.CallAsync("Interfaces", "read", [id]))!.AsArray().Select(nic => (string)nic!["name"]!).ToList();
        Assert.Contains("spare0", left);
        Assert.DoesNotContain("bond0", left);
    }

    [Fact]
    public async Task Tags_zones_and_files_are_kept()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("admin"));
        var machine = (string)(await api.CallAsync("Machines", "read", Everything))!.AsArray()[0]!["system_id"]!;
        await api.CallAsync("Tags", "create", Everything, ("name", "session"), ("comment", "of a session"));
        await api.CallAsync("Tag", "update_nodes", ["session"], ("add", machine));
        var tagged = (await api.CallAsync("Tag", "machines", ["session"]))!.AsArray();
        Assert.Equal(machine, (string)Assert.Single(tagged)!["system_id"]!);

        await api.CallAsync("Zones", "create", Everything, ("name", "east"), ("description", "the east"));
        var moved = await api.CallAsync("Machine", "update", [machine], ("zone", "east"));
        Assert.Equal("east", (string)moved!["zone"]!["name"]!);

        var (made, _) = await api.TryAsync("Files", "create", Everything, ("filename", "notes"), ("file", "a\nb"));
        Assert.Equal(HttpStatusCode.Created, made);
        var file = await api.CallAsync("File", "read", ["notes"]);
        Assert.Equal("a\nb", Encoding.UTF8.GetString(Convert.FromBase64String((string)file!["content"]!)));
    }

    [Fact]
    public async Task Each_described_read_without_variables_answers()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("admin"));

        foreach (
            var handler in api.Handlers.Where(name => api.ParametersOf(name).Count == 0 && api.ActionsOf(name).Contains("read"))
        )
        {
            var (status, text) = await api.TryAsync(handler, "read", Everything);
            Assert.True(status == HttpStatusCode.OK, $"{handler}: {(int)status} {text}");
        }
    }

    [Fact]
    public async Task Without_a_rack_controller_no_power_is_switched()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("alice"));
        var taken = (await api.CallAsync("Machines", "allocate", Everything))!;
        string[] it = [(string)taken["system_id"]!];
        using var http = new HttpClient();
        await SetRackAsync(http, connected: false);

        var (asked, says) = await api.TryAsync("Machine", "query_power_state", it);
        var (deployed, _) = await api.TryAsync("Machine", "deploy", it);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.InternalServerError), (asked, deployed));
        Assert.Equal($"No rack controllers can access the BMC of node {(string)taken["hostname"]!}", says);
        await SetRackAsync(http, connected: true);
        await api.CallAsync("Machine", "deploy", it);
    }

    private async Task SetRackAsync(HttpClient http, bool connected)
    {
        using var answer = await http.PostAsJsonAsync(
            new Uri(Lab.Url, "/lab/rack"),
            new { connected },
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private static async Task<JsonObject> UntilAsync(DescribedApi api, string[] machine, string status)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            var shown = (await api.CallAsync("Machine", "read", machine))!.AsObject();
            if ((string)shown["status_name"]! == status)
            {
                return shown;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        throw new InvalidOperationException($"{machine[0]} did not become {status}");
    }
}
