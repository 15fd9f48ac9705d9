using System.Net;
using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Gateway.Requests;
using Gantry.Gateway.Tests.Doubles;
using Gantry.Protocol;
using Gantry.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Gateway.Tests;

public sealed class RequestTests
{
    private const string Endpoint = "http://maas.test:5240/MAAS";
    private const string Key = "consumer:token:verysecret";

    [Fact]
    public async Task A_good_account_is_answered_with_what_MAAS_says_of_itself_and_its_user()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();

        var answer = await AnswerAsync(console, new GatewayRequest.ValidateAccount("a1", console.Seal("lab", Endpoint, Key)));

        var facts = ResultOf<AccountFacts>(answer);
        Assert.Equal(new AccountFacts("3.6.1", "gantry", true) { Warning = facts.Warning }, facts);
        Assert.StartsWith("MAAS 3.6.1 has faults that 3.6.5 mends: ", facts.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_MAAS_that_is_too_old_is_refused_with_the_version_that_is_needed()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        gateway.Http.Answers["version/"] = (HttpStatusCode.OK, """{"version":"3.2.1"}""");

        var answer = await AnswerAsync(console, new GatewayRequest.ValidateAccount("a1", console.Seal("lab", Endpoint, Key)));

        Assert.Equal(
            new GatewayError("Invalid", "MAAS 3.2.1 is too old: this needs MAAS 3.3 or later. Upgrade MAAS."),
            answer.Error
        );
    }

    [Fact]
    public async Task A_key_that_MAAS_rejects_is_told_apart_from_a_MAAS_that_is_not_reached()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        await AnswerAsync(console, new GatewayRequest.ValidateAccount("a0", console.Seal("lab", Endpoint, Key)));
        gateway.Http.Answers["users/"] = (HttpStatusCode.Unauthorized, "Authorization Error: Invalid access token: verysecret");
        var rejected = await AnswerAsync(console, new GatewayRequest.ValidateAccount("a1", console.Seal("lab", Endpoint, Key)));
        gateway.Http.Failure = new HttpRequestException("Connection refused");
        var unreached = await AnswerAsync(console, new GatewayRequest.ValidateAccount("a2", console.Seal("lab", Endpoint, Key)));

        Assert.DoesNotContain(gateway.Log.Lines, line => line.Contains("verysecret", StringComparison.Ordinal));
        Assert.Contains(gateway.Log.Lines, line => line.Contains("is answered as CredentialsRejected", StringComparison.Ordinal));
        Assert.Equal("CredentialsRejected", rejected.Error!.Code);
        Assert.DoesNotContain("verysecret", rejected.Error.Message, StringComparison.Ordinal);
        Assert.Equal("Unreachable", unreached.Error!.Code);
        Assert.Contains("check the address, the network and the proxy", unreached.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_malformed_key_and_a_key_sealed_to_another_gateway_are_reported_as_such()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        using var stranger = System.Security.Cryptography.ECDiffieHellman.Create(
            System.Security.Cryptography.ECCurve.NamedCurves.nistP256
        );
        var theirs = new KeyDestination(Endpoint).Seal(Key, Convert.ToBase64String(stranger.ExportSubjectPublicKeyInfo()));

        var form = await AnswerAsync(
            console,
            new GatewayRequest.ValidateAccount("a1", console.Seal("lab", Endpoint, "not-a-key"))
        );
        var notOurs = await AnswerAsync(
            console,
            new GatewayRequest.ValidateAccount("a2", console.Seal("lab", Endpoint, Key) with { Key = theirs })
        );

        Assert.Contains("consumer_key:token_key:token_secret", form.Error!.Message, StringComparison.Ordinal);
        Assert.Contains(
            "is not sealed to this gateway for this address and CA",
            notOurs.Error!.Message,
            StringComparison.Ordinal
        );
        Assert.Empty(gateway.Http.Asked);
    }

    [Fact]
    public async Task The_choices_in_an_account_are_listed()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        console.Give(console.Seal("lab", Endpoint, Key));
        await Eventually.HoldsAsync(() => Assert.Equal(1, gateway.Host.State.Revision));

        var properties = ResultOf<AccountProperties>(
            await AnswerAsync(console, new GatewayRequest.ListProperties("a1", new AccountId("lab")))
        );

        Assert.Equal([new NamedId("1", "az1")], properties.Zones);
        Assert.Equal([new NamedId("0", "default")], properties.ResourcePools);
        Assert.Equal([new SubnetChoice("7", "prod", "10.0.0.0/24", "untagged", "fabric-0")], properties.Subnets);
        Assert.Equal(["gpu"], properties.Tags);
        Assert.Equal(["ubuntu/noble", "ubuntu/jammy"], properties.Images);
    }

    [Fact]
    public async Task A_plan_names_machines_and_takes_none()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        console.Give(console.Seal("lab", Endpoint, Key));
        await Eventually.HoldsAsync(() => Assert.Equal(1, gateway.Host.State.Revision));

        var plan = ResultOf<PlanDocument>(
            await AnswerAsync(console, new GatewayRequest.PlanCluster("a1", TestGateway.Cluster(workers: 1)))
        );

        Assert.Equal(2, plan.Steps.Count(step => step is { Action: "Allocate", Machine: not null }));
        Assert.Empty(gateway.Place.Held);
    }

    [Fact]
    public async Task A_kubeconfig_is_issued_for_a_day_at_most_and_never_in_a_name_of_Kubernetes_own()
    {
        await using var console = await ConsoleDouble.StartAsync();
        await using var gateway = await new TestGateway(console).StartAsync();
        var cluster = TestGateway.Cluster();
        var early = await AnswerAsync(console, Issue("a1", "ada"));
        console.Give(console.Seal("lab", Endpoint, Key));
        console.Want(cluster);
        await Eventually.HoldsAsync(() =>
            Assert.Equal(ClusterPhase.Running, console.Statuses.GetValueOrDefault(cluster.Id)?.Phase)
        );

        var issued = ResultOf<IssuedKubeconfig>(await AnswerAsync(console, Issue("a2", "ada")));
        var system = await AnswerAsync(console, Issue("a3", "system:kube-controller-manager"));

        Assert.Equal("NotFound", early.Error!.Code);
        Assert.StartsWith("kubeconfig of ada for 10.0.0.100 ", issued.Yaml, StringComparison.Ordinal);
        Assert.True(issued.ExpiresAt <= TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(24));
        Assert.Equal("Invalid", system.Error!.Code);
        Assert.DoesNotContain(gateway.Log.Lines, line => line.Contains("kubeconfig of", StringComparison.Ordinal));

        GatewayRequest Issue(string id, string user) =>
            new GatewayRequest.IssueKubeconfig(id, cluster.Id, user, TimeSpan.FromDays(365));
    }

    [Fact]
    public async Task A_request_that_hangs_is_answered_in_time_and_blocks_no_other()
    {
        var time = new FakeTimeProvider();
        var delivered = new List<GatewayAnswer>();
        var handler = new RequestHandler(
            async (request, cancellationToken) =>
            {
                if (request.Id is "hangs")
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
                }

                return new AccountFacts("3.6.1", "gantry", false);
            },
            (answer, _) =>
            {
                delivered.Add(answer);
                return Task.CompletedTask;
            },
            time,
            NullLogger.Instance
        );

        handler.Take([Request("hangs"), Request("quick"), Request("hangs")], CancellationToken.None);
        Assert.Equal(["quick"], delivered.Select(answer => answer.RequestId));
        time.Advance(RequestHandler.Longest);
        await handler.FinishAsync();

        Assert.Equal(["quick", "hangs"], delivered.Select(answer => answer.RequestId));
        Assert.Equal("Unreachable", delivered[1].Error!.Code);
    }

    [Fact]
    public async Task Requests_without_a_free_place_wait_for_the_next_poll()
    {
        var open = new TaskCompletionSource();
        var begun = 0;
        var handler = new RequestHandler(
            async (_, _) =>
            {
                begun++;
                await open.Task;
                return new AccountFacts("3.6.1", "gantry", false);
            },
            (_, _) => Task.CompletedTask,
            TimeProvider.System,
            NullLogger.Instance
        );

        handler.Take(
            Enumerable.Range(0, GatewayRequest.AtATime + 5).Select(number => Request($"a{number}")),
            CancellationToken.None
        );

        Assert.Equal(GatewayRequest.AtATime, begun);
        open.SetResult();
        await handler.FinishAsync();
    }

    [Fact]
    public async Task An_internal_error_is_answered_with_its_type_and_without_its_text()
    {
        var delivered = new List<GatewayAnswer>();
        var handler = new RequestHandler(
            (_, _) => throw new InvalidOperationException(Key),
            (answer, _) =>
            {
                delivered.Add(answer);
                return Task.CompletedTask;
            },
            TimeProvider.System,
            NullLogger.Instance
        );

        handler.Take([Request("a1")], CancellationToken.None);
        await handler.FinishAsync();

        var error = Assert.Single(delivered).Error!;
        Assert.Contains("InvalidOperationException", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, error.Message, StringComparison.Ordinal);
    }

    private static GatewayRequest Request(string id) => new GatewayRequest.ListProperties(id, new AccountId("lab"));

    private static async Task<GatewayAnswer> AnswerAsync(ConsoleDouble console, GatewayRequest request)
    {
        console.Put(request);
        await Eventually.HoldsAsync(() => Assert.Contains(console.Answers, answer => answer.RequestId == request.Id));
        return console.Answers.First(answer => answer.RequestId == request.Id);
    }

    private static T ResultOf<T>(GatewayAnswer answer)
    {
        Assert.Null(answer.Error);
        return answer.Result!.Value.Deserialize<T>(ProtocolJson.Options)!;
    }
}
