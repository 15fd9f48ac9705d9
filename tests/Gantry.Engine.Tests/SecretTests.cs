using System.Text.Json;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Kubeadm;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;
using Gantry.Testing;

namespace Gantry.Engine.Tests;

public sealed class SecretTests
{
    [Fact]
    public void A_value_with_a_secret_does_not_print_it()
    {
        const string secret = "s3cr3t";
        object[] carriers =
        [
            new ClusterSecrets(secret, [1]),
            new WorkloadAccess(
                new ClusterId("id"),
                new ApiEndpoint("host", 6443),
                [],
                new ClientCredentials(secret, secret, secret)
            ),
            new ClientCredentials(secret, secret, secret),
            new IssuedAccess(secret, DateTimeOffset.UnixEpoch),
            new NodeDocument(
                Some.Cluster(),
                Some.Cluster().ControlPlane,
                new NodeIdentity(new SystemId("m"), "host", "zone"),
                new ApiEndpoint("host", 6443),
                Bootstrap.JoinWorker,
                secret
            ),
            ClusterPki.Create(DateTimeOffset.UnixEpoch),
        ];

        Assert.All(
            carriers,
            carrier =>
            {
                Assert.DoesNotContain(secret, carrier.ToString(), StringComparison.Ordinal);
                Assert.DoesNotContain("PRIVATE", carrier.ToString(), StringComparison.Ordinal);
            }
        );
    }

    [Fact]
    public void No_status_no_event_and_no_log_entry_of_a_whole_life_holds_a_token_or_a_key()
    {
        using var log = new LogLines();
        using var place = new EngineInWorld(machines: 3, log: log).Start();
        var cluster = Some.Cluster(1, 2);
        place.Want(cluster);
        place.Until(() => place.Events.Exists(happened => happened.Reason is "Deploy"));
        place.Script.MaasFails = new RegionException(
            RegionFailure.Unreachable,
            "no answer",
            new HttpRequestException("connection refused")
        );
        place.Pass(TimeSpan.FromSeconds(10));
        place.Script.MaasFails = new InvalidOperationException("a fault of ours");
        place.Pass(TimeSpan.FromMinutes(1));
        place.Script.MaasFails = null;
        var told = new List<string>();
        place.Until(() =>
        {
            told.AddRange(place.Statuses.Values.Select(status => JsonSerializer.Serialize(status)));
            return place.Is(cluster, ClusterPhase.Running);
        });
        told.AddRange(place.Events.Select(happened => JsonSerializer.Serialize(happened)));
        told.AddRange(place.Now(() => place.Ledger.LoadAsync(default)).Select(record => JsonSerializer.Serialize(record)));

        Assert.Contains(log.Lines, line => line.Contains("HttpRequestException: connection refused", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("InvalidOperationException: a fault of ours", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.StartsWith("Debug: 1020 ", StringComparison.Ordinal));
        told.AddRange(log.Lines);

        var admissions = place.Script.Acts.Where(act => act.Kind is ActKind.Admit).ToList();
        Assert.Equal(2, admissions.Select(act => act.Detail).Distinct().Count());
        Assert.All(admissions, act => Assert.Contains(Documents.Mark, act.Detail, StringComparison.Ordinal));
        Assert.All(told, text => Assert.DoesNotContain(Documents.Mark, text, StringComparison.Ordinal));
    }
}
