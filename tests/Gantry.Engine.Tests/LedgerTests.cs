using System.Runtime.Versioning;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;
using Microsoft.Data.Sqlite;

namespace Gantry.Engine.Tests;

public sealed class LedgerTests : IDisposable
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-ledger-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task All_writes_survive_closing_the_file()
    {
        var file = Path.Combine(_folder, "ledger.db");
        var record = new ClusterRecord
        {
            Spec = Some.Cluster(3, 2, endpoint: new EndpointChoice.MaasDns(DnsName.Parse("dc1.example"))),
            Phase = ClusterPhase.Provisioning,
            Endpoint = new EndpointRecord(EndpointKind.DnsRecord, "demo-api.dc1.example", 6443, true, ["10.0.0.1"]),
            Members =
            [
                new Member
                {
                    Machine = new SystemId("abc123"),
                    Hostname = "host",
                    Pool = DnsLabel.Parse("control-plane"),
                    Role = PoolRole.ControlPlane,
                    State = MachineState.Joining,
                    Since = DateTimeOffset.UnixEpoch,
                    Intent = "gantry-1",
                    Initializes = true,
                },
            ],
            Lost =
            [
                new LostMachine(
                    new SystemId("lost01"),
                    "lost",
                    DnsLabel.Parse("workers"),
                    DateTimeOffset.UnixEpoch,
                    Loss.MarkedBroken
                ),
            ],
            Conditions =
            [
                new ClusterCondition(
                    "MaasReachable",
                    ConditionStatus.True,
                    "Reachable",
                    "MAAS answers.",
                    DateTimeOffset.UnixEpoch
                ),
            ],
        };
        string id;
        using (var ledger = SqliteLedger.Open(file))
        {
            id = await ledger.GetIdAsync(Stop);
            Assert.Equal(1, await ledger.NextAsync(Stop));
            await ledger.SaveAsync(record, Stop);
            await ledger.SaveSecretsAsync(record.Spec.Id, new ClusterSecrets("pki", [1, 2, 3]), Stop);
            await ledger.QuarantineAsync(
                new QuarantinedMachine(
                    new SystemId("bad001"),
                    "bad",
                    record.Spec.Id,
                    "DeployFailed",
                    ["line"],
                    DateTimeOffset.UnixEpoch
                ),
                Stop
            );
        }

        using var again = SqliteLedger.Open(file);
        Assert.Equal(id, await again.GetIdAsync(Stop));
        Assert.Equal(2, await again.NextAsync(Stop));
        Assert.Equal(LedgerText(record), LedgerText(Assert.Single(await again.LoadAsync(Stop))));
        Assert.Equal(record.Lost, Assert.Single(await again.LoadAsync(Stop)).Lost);
        Assert.Equal([1, 2, 3], (await again.FindSecretsAsync(record.Spec.Id, Stop))!.TokenKey);
        Assert.Equal("bad001", Assert.Single(await again.LoadQuarantineAsync(Stop)).Machine.Value);

        await again.RemoveAsync(record.Spec.Id, Stop);
        await again.ClearQuarantineAsync(new SystemId("bad001"), Stop);
        Assert.Empty(await again.LoadAsync(Stop));
        Assert.Null(await again.FindSecretsAsync(record.Spec.Id, Stop));
        Assert.Empty(await again.LoadQuarantineAsync(Stop));
    }

    [Fact]
    public async Task A_ledger_is_read_though_a_value_in_it_is_refused_today()
    {
        var file = Path.Combine(_folder, "ledger.db");
        using (var ledger = SqliteLedger.Open(file))
        {
            var cluster = Some.Cluster(1, 0) with { Image = ImageName.Parse("custom/noble") };
            await ledger.SaveAsync(new ClusterRecord { Spec = cluster }, Stop);
        }

        await using (var store = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            await store.OpenAsync(Stop);
            await using var command = store.CreateCommand();
            command.CommandText =
                "UPDATE ledger SET value = replace(value, 'custom/noble', 'custom noble') WHERE kind = 'cluster'";
            Assert.Equal(1, await command.ExecuteNonQueryAsync(Stop));
        }

        using var again = SqliteLedger.Open(file);
        Assert.Equal("custom noble", Assert.Single(await again.LoadAsync(Stop)).Spec.Image.Value);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Only_the_owner_may_read_the_files_of_the_ledger()
    {
        using var ledger = SqliteLedger.Open(Path.Combine(_folder, "ledger.db"));
        await ledger.NextAsync(Stop);

        Assert.All(
            Directory.GetFiles(_folder),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file))
        );
    }

    [Fact]
    public void A_whole_creation_and_deletion_works_over_a_file()
    {
        using var ledger = SqliteLedger.Open(Path.Combine(_folder, "ledger.db"));
        using var place = new EngineInWorld(machines: 3, ledger: ledger).Start();
        var cluster = Some.Cluster(1, 2);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Start();
        place.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(3, place.Held.Count());

        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Empty(place.Held);
    }

    private static string LedgerText(ClusterRecord record) => System.Text.Json.JsonSerializer.Serialize(record);
}
