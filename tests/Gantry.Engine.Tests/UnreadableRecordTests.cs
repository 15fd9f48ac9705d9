using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;
using Microsoft.Data.Sqlite;

namespace Gantry.Engine.Tests;

/// <summary>One record of the ledger cannot be read: only its cluster stands still, and nothing of it is given away.</summary>
public sealed class UnreadableRecordTests : IDisposable
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-ledger-").FullName;

    private string File => Path.Combine(_folder, "ledger.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"spec":{},"members":[{"machine":"m001","state":"Selected"}]}""")]
    [InlineData("""{"phase":"Running","members":[{"machine":"m001","state":"Selec""")]
    [InlineData("""{"phase":7,"members":[{"machine" : "m001"},{"machine":"m001"}]}""")]
    public async Task Other_records_are_read_and_the_machines_that_it_names_are_known(string text)
    {
        using var ledger = SqliteLedger.Open(File);
        await ledger.SaveAsync(new ClusterRecord { Spec = Some.Cluster(1, 0) }, Stop);
        Write("cluster", "damaged", text);

        Assert.Single(await ledger.LoadAsync(Stop));
        var unreadable = Assert.Single(await ledger.LoadUnreadableAsync(Stop));
        Assert.Equal("damaged", unreadable.Cluster.Value);
        Assert.Equal(["m001"], unreadable.Machines.Select(machine => machine.Value));
    }

    [Fact]
    public async Task A_record_that_is_no_text_of_ours_at_all_names_no_machine()
    {
        using var ledger = SqliteLedger.Open(File);
        Write("cluster", "damaged", "\u0000\u0001");

        Assert.Empty(Assert.Single(await ledger.LoadUnreadableAsync(Stop)).Machines);
    }

    [Fact]
    public async Task A_machine_whose_entry_in_the_quarantine_cannot_be_read_stays_in_it_until_it_is_cleared()
    {
        using var ledger = SqliteLedger.Open(File);
        Write("quarantine", "m001", "{");

        Assert.Equal("m001", Assert.Single(await ledger.LoadQuarantineAsync(Stop)).Machine.Value);
        await ledger.ClearQuarantineAsync(new SystemId("m001"), Stop);
        Assert.Empty(await ledger.LoadQuarantineAsync(Stop));
    }

    [Fact]
    public void Its_cluster_stands_still_with_a_condition_and_others_are_built_without_its_machines()
    {
        using var ledger = SqliteLedger.Open(File);
        using var place = new EngineInWorld(machines: 4, ledger: ledger).Start();
        var damaged = Some.Cluster(1, 1) with { Id = new ClusterId("damaged"), Name = DnsLabel.Parse("damaged") };
        var whole = Some.Cluster(1, 0) with { Id = new ClusterId("whole"), Name = DnsLabel.Parse("whole") };
        place.Want(damaged);
        place.Until(() => place.Is(damaged, ClusterPhase.Running));
        var held = place.Status(damaged).Machines.Select(machine => machine.SystemId).ToHashSet();
        place.Stop();
        var text = Read("cluster", "damaged").Replace("\"spec\"", "\"other\"", StringComparison.Ordinal);
        Write("cluster", "damaged", text);

        // One of its machines looks free in MAAS, as one does that was only chosen.
        var machine = place[held.First()];
        machine.Status = MaasStatus.Ready;
        machine.Owner = null;
        place.Start();
        place.Want(whole);
        place.Until(() => place.Is(whole, ClusterPhase.Running));
        var grown = whole with { Generation = 2, Pools = [whole.Pools[0] with { Size = 3 }] };
        place.Want(grown);
        place.Pass(TimeSpan.FromMinutes(5));

        var condition = Assert.Single(
            place.Status(damaged).Conditions,
            condition => condition.Reason is Reasons.RecordUnreadable
        );
        Assert.Equal("SpecAccepted", condition.Type);
        Assert.Contains(held.First().Value, condition.Message, StringComparison.Ordinal);
        Assert.Equal(ClusterPhase.Running, place.Status(damaged).Phase);
        Assert.DoesNotContain(place.Status(whole).Machines, taken => held.Contains(taken.SystemId));
        Assert.Contains(
            place.Now(() => place.Engine.WhyNotAsync(grown, default)).NotFree,
            notFree => notFree is { Kind: NotFreeKind.OfCluster, Machines: 4 }
        );
        var refused = Assert.Throws<RegionException>(() => place.Now(() => place.Engine.PlanAsync(damaged, default)));
        Assert.Contains("cannot read its record", refused.Message, StringComparison.Ordinal);
        Assert.Equal(text, Read("cluster", "damaged"));
    }

    [Fact]
    public async Task Durations_that_cannot_be_read_are_learned_anew()
    {
        using var ledger = SqliteLedger.Open(File);
        await ledger.SaveTimingsAsync("{", Stop);
        using var place = new EngineInWorld(machines: 1, ledger: ledger).Start();
        var cluster = Some.Cluster(1, 0);

        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }

    [Fact]
    public void Its_cluster_is_not_called_deleted_while_its_record_cannot_be_read()
    {
        using var ledger = SqliteLedger.Open(File);
        using var place = new EngineInWorld(machines: 2, ledger: ledger).Start();
        var damaged = Some.Cluster(1, 0) with { Id = new ClusterId("damaged") };
        place.Want(damaged);
        place.Until(() => place.Is(damaged, ClusterPhase.Running));
        place.Stop();
        Write("cluster", "damaged", Read("cluster", "damaged")[..^10]);
        place.Start();

        place.Want(damaged.Deleted(place.Time.Now));
        place.Pass(TimeSpan.FromHours(1));

        Assert.Equal(ClusterPhase.Running, place.Status(damaged).Phase);
        Assert.Contains(place.Status(damaged).Conditions, condition => condition.Reason is Reasons.RecordUnreadable);
        Assert.Single(place.Held);
    }

    private string Read(string kind, string key)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT value FROM ledger WHERE kind = $kind AND key = $key";
        command.Parameters.AddWithValue("$kind", kind);
        command.Parameters.AddWithValue("$key", key);
        return (string)command.ExecuteScalar()!;
    }

    private void Write(string kind, string key, string value)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT OR REPLACE INTO ledger(kind, key, value) VALUES($kind, $key, $value)";
        command.Parameters.AddWithValue("$kind", kind);
        command.Parameters.AddWithValue("$key", key);
        command.Parameters.AddWithValue("$value", value);
        command.ExecuteNonQuery();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        return connection;
    }
}
