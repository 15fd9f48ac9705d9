using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.CloudAccounts;

public sealed class QuarantineTests
{
    [Fact]
    public async Task Machines_that_failed_are_listed_with_their_evidence_by_the_account_that_has_them()
    {
        await using var world = await World.MakeAsync();
        var other = (
            await world.Console.PostAsync(
                "/v1/cloudaccounts/maas",
                new { metadata = new { name = "other" }, spec = new { apiEndpoint = "http://maas:5240/MAAS", apiKey = "a:b:c" } }
            )
        )
            .GetProperty("uid")
            .GetString()!;
        var uid = await world.CreateClusterAsync("demo");
        world.Gateway.Answers = request =>
            request is GatewayRequest.ListQuarantine ? new[] { Entry("abc123", uid), Entry("def456", "nobody-knows") } : null;

        Assert.Equal(["abc123", "def456"], await ListAsync(world, world.Account));
        Assert.Equal(["def456"], await ListAsync(world, other));
        Assert.Equal(["demo", null], await ListAsync(world, world.Account, "clusterName"));

        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Deleted));
        Assert.Equal(["demo", null], await ListAsync(world, world.Account, "clusterName"));
    }

    [Fact]
    public async Task A_machine_is_cleared_by_a_person_and_commissioned_first_when_asked()
    {
        await using var world = await World.MakeAsync();
        List<GatewayRequest.ClearQuarantine> asked = [];
        world.Gateway.Answers = request =>
        {
            if (request is not GatewayRequest.ClearQuarantine clear)
            {
                return null;
            }

            asked.Add(clear);
            return clear.Machine.Value is "abc123" ? true : new GatewayError("NotFound", "Machine 'zzz' is not in quarantine.");
        };
        var path = $"/v1/cloudaccounts/maas/{world.Account}/quarantine";

        Assert.Equal(204, await ClearAsync($"{path}/abc123"));
        Assert.Equal(204, await ClearAsync($"{path}/abc123?commission=true"));
        Assert.Equal(404, await ClearAsync($"{path}/zzz"));

        Assert.Equal(
            [(world.Account, false), (world.Account, true), (world.Account, false)],
            asked.Select(one => (one.Account.Value, one.Commission))
        );
        var audits = (await world.Console.GetAsync($"/v1/audits?resourceUid={world.Account}&actionType=action"))
            .GetProperty("items")
            .EnumerateArray();
        Assert.Equal(
            ["machine abc123 cleared and commissioned", "machine abc123 cleared"],
            audits.Select(one => one.GetProperty("spec").GetProperty("contentMsg").GetString())
        );
        await TestConsole.ReadAsync(await world.Console.Client.DeleteAsync($"{path}/abc123?commission=maybe"), 400);
        await TestConsole.ReadAsync(
            await world.Console.Client.DeleteAsync("/v1/cloudaccounts/maas/nothing/quarantine/abc123"),
            404
        );

        async Task<int> ClearAsync(string where)
        {
            using var answer = await world.Gateway.WhileServingAsync(world.Console.Client.DeleteAsync(where));
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_person_puts_a_machine_into_quarantine_with_a_reason_or_a_name()
    {
        await using var world = await World.MakeAsync();
        List<string> reasons = [];
        world.Gateway.Answers = request =>
        {
            if (request is not GatewayRequest.AddQuarantine add)
            {
                return null;
            }

            reasons.Add(add.Reason);
            return add.Machine is "node-07"
                ? Entry("abc123", "") with
                {
                    Reason = add.Reason,
                }
                : new GatewayError("NotFound", "MAAS shows this account no machine zzz.");
        };
        var path = $"/v1/cloudaccounts/maas/{world.Account}/quarantine";

        var added = await world.Gateway.WhileServingAsync(
            world.Console.PutAsync($"{path}/node-07", new { reason = "DIMM B2 fails" }, 200)
        );
        await world.Gateway.WhileServingAsync(world.Console.PutAsync($"{path}/node-07", new { }, 200));
        await world.Gateway.WhileServingAsync(world.Console.PutAsync($"{path}/zzz", new { }, 404));
        await world.Console.PutAsync($"{path}/node-07", new { reason = new string('x', 301) }, 400);

        Assert.Equal(("abc123", "DIMM B2 fails"), (Text(added, "machine"), Text(added, "reason")));
        Assert.Equal("DIMM B2 fails", reasons[0]);
        Assert.All(reasons.Skip(1), reason => Assert.EndsWith(" put it into quarantine", reason, StringComparison.Ordinal));
        var audits = (await world.Console.GetAsync($"/v1/audits?resourceUid={world.Account}&actionType=action"))
            .GetProperty("items")
            .EnumerateArray();
        Assert.Equal(
            ["machine node-abc123 put into quarantine", "machine node-abc123 put into quarantine"],
            audits.Select(one => one.GetProperty("spec").GetProperty("contentMsg").GetString())
        );

        static string? Text(JsonElement item, string name) => item.GetProperty(name).GetString();
    }

    private static QuarantineEntry Entry(string machine, string cluster) =>
        new(
            new SystemId(machine),
            $"node-{machine}",
            new ClusterId(cluster),
            "DeployFailed",
            ["Failed deployment"],
            DateTimeOffset.UnixEpoch
        );

    private static async Task<IEnumerable<string?>> ListAsync(World world, string account, string field = "machine")
    {
        var list = await TestConsole.ReadAsync(
            await world.Gateway.WhileServingAsync(world.Console.Client.GetAsync($"/v1/cloudaccounts/maas/{account}/quarantine")),
            200
        );
        return list.GetProperty("items")
            .EnumerateArray()
            .Select(one => one.TryGetProperty(field, out var value) ? value.GetString() : null);
    }
}
