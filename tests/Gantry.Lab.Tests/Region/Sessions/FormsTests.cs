using System.Net;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Tests.Region.Sessions;

/// <summary>MAAS says of all fields of a form at once what is wrong with them.</summary>
public sealed class FormsTests : SessionTests
{
    private const string Required = "This field is required.";

    [Fact]
    public async Task Subnet_VLAN_range_and_route_name_each_wrong_field()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("admin"));

        Assert.Equal(
            ["cidr", "gateway_ip", "rdns_mode"],
            await WrongAsync(api, "Subnets", [], ("cidr", "here"), ("gateway_ip", "there"), ("rdns_mode", "9"))
        );
        Assert.Equal(
            ["mtu", "space", "vid"],
            await WrongAsync(api, "Vlans", ["1"], ("vid", "9999"), ("mtu", "5"), ("space", "none"))
        );
        Assert.Equal(
            ["end_ip", "start_ip", "type"],
            await WrongAsync(api, "IPRanges", [], ("type", "odd"), ("start_ip", "127.85.9.1"))
        );
        Assert.Equal(["destination", "gateway_ip", "source"], await WrongAsync(api, "StaticRoutes", []));
    }

    [Fact]
    public async Task A_machine_names_each_wrong_field()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("admin"));

        var wrong = await WrongAsync(api, "Machines", [], ("hostname", "not_a_name"), ("power_type", "steam"));

        Assert.Equal(["architecture", "hostname", "mac_addresses", "power_type"], wrong);
        var (_, text) = await api.TryAsync("Machines", "create", Everything, ("power_type", "manual"));
        Assert.Equal(Required, (string)JsonNode.Parse(text)!["architecture"]![0]!);
    }

    private static async Task<IEnumerable<string>> WrongAsync(
        DescribedApi api,
        string handler,
        string[] at,
        params (string, string)[] fields
    )
    {
        var (status, text) = await api.TryAsync(handler, "create", at, fields);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        return JsonNode.Parse(text)!.AsObject().Select(field => field.Key).Order(StringComparer.Ordinal);
    }
}
