using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;
using Gantry.Simulator.Consoles;
using Gantry.Simulator.Time;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using ServerWorld = Gantry.Server.Tests.Hosting.World;

namespace Gantry.Simulator.Tests.Consoles;

/// <summary>
/// A console in this process and the simulator's model of it. Each call goes to both and fails when their answers or their stored
/// states differ. Revisions are compared relative to the state with one account and no cluster.
/// </summary>
internal sealed class BothConsoles : IAsyncDisposable
{
    private const string Workers = "worker-pool";

    /// <summary>Below the time after which the real console drops a request; the model never drops one.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _realTime;
    private readonly VirtualTime _modelTime;
    private readonly ServerWorld _real;
    private readonly ConsoleModel _model;
    private readonly List<string> _clusters = [];
    private readonly List<string> _history = [];
    private readonly List<string> _ended = [];
    private long _offset;
    private string? _realEpoch;
    private (string Real, string Model, Task<HttpResponseMessage> Caller, DateTimeOffset At)? _request;

    private BothConsoles(FakeTimeProvider realTime, ServerWorld real)
    {
        _realTime = realTime;
        _real = real;
        _modelTime = new VirtualTime(realTime.GetUtcNow());
        _model = new ConsoleModel(_modelTime);
    }

    /// <summary>The revision of the model.</summary>
    public long Revision => _model.Revision;

    private DateTimeOffset Now => _modelTime.Now;

    public static async Task<BothConsoles> StartAsync()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var both = new BothConsoles(time, await ServerWorld.MakeAsync(time));
        var first = await both.PollRealAsync(0, null, wait: 0);
        both._offset = first.Revision - both._model.Revision;
        both._realEpoch = first.Epoch;
        await both.PollAsync(0, isOtherEpoch: false);
        return both;
    }

    /// <summary>Makes one call of a person or of the gateway, as a random run draws it.</summary>
    public async Task DoAsync(int call, int cluster, int number)
    {
        switch (call)
        {
            case 0:
                await CreateAsync(cluster);
                break;
            case 1:
                await ResizeAsync(cluster, number);
                break;
            case 2:
                await DeleteAsync(cluster);
                break;
            case 3 or 4:
                await ReportAsync(
                    cluster,
                    isRunning: number > 2,
                    TimeSpan.FromMinutes(
                        number switch
                        {
                            1 => -1,
                            4 => 10,
                            _ => 0,
                        }
                    )
                );
                break;
            case 5:
                await ReportDeletedAsync(cluster);
                break;
            case 6:
                await (_request is null ? SendRequestAsync() : AnswerAsync());
                break;
            case 7:
                if (_request is { } request && Now - request.At > AnswerWithin)
                {
                    await AnswerAsync();
                }

                Pass(TimeSpan.FromSeconds(number * 2));
                break;
            case 8:
                await WaitForChangeAsync(() => CreateAsync(_clusters.Count));
                break;
            default:
                await PollAsync(
                    number switch
                    {
                        1 => 0,
                        2 => Revision - 2,
                        3 => Revision + 3,
                        _ => Revision,
                    },
                    isOtherEpoch: call is 11
                );
                break;
        }

        await CompareStoresAsync();
    }

    public async Task CreateAsync(int cluster)
    {
        if (cluster < _clusters.Count)
        {
            return;
        }

        _history.Add("create");
        var uid = await _real.CreateClusterAsync($"c{_clusters.Count}");
        _clusters.Add(uid);
        _model.Write(Spec(uid, 1));
    }

    public async Task ResizeAsync(int cluster, int workers)
    {
        if (
            Living(cluster) is not { } uid
            || _model.Find(new ClusterId(uid))!.Spec is not { Deletion: null } spec
            || WorkersOf(spec) == workers
        )
        {
            return;
        }

        _history.Add($"resize {cluster} to {workers}");
        await _real.Console.PutAsync(
            $"{await _real.ConfigAsync(uid)}/machinePools/{Workers}",
            ServerWorld.Pool(Workers, workers, controlPlane: false)
        );
        _model.Write(Spec(uid, workers) with { Generation = spec.Generation + 1 });
    }

    public async Task DeleteAsync(int cluster)
    {
        if (Living(cluster) is not { } uid || _model.Find(new ClusterId(uid))!.Spec is not { Deletion: null } spec)
        {
            return;
        }

        _history.Add($"delete {cluster}");
        await _real.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        _model.Write(spec with { Generation = spec.Generation + 1, Deletion = new Deletion(Now) });
    }

    /// <param name="offset">How far the clock of the gateway is ahead.</param>
    public Task ReportAsync(int cluster, bool isRunning, TimeSpan offset) =>
        ReportAsync(cluster, isRunning ? ClusterPhase.Running : ClusterPhase.Provisioning, offset);

    public Task ReportDeletedAsync(int cluster) => ReportAsync(cluster, ClusterPhase.Deleted, TimeSpan.Zero);

    public async Task<string?> PhaseAsync(int cluster)
    {
        await CompareStoresAsync();
        return _model.Find(new ClusterId(_clusters[cluster]))!.Status?.Phase.ToString();
    }

    /// <summary>Sends a gateway request. A waiting poll returns it.</summary>
    public async Task SendRequestAsync()
    {
        _history.Add("request");
        Task<HttpResponseMessage>? caller = null;
        var answer = await WaitForChangeAsync(() =>
        {
            caller = _real.Console.Client.DeleteAsync($"/v1/cloudaccounts/maas/{_real.Account}/quarantine/abc123");
            _model.Send(id => new GatewayRequest.ClearQuarantine(
                id,
                ConsoleModel.Account.Id,
                new SystemId("abc123"),
                Commission: false
            ));
            return Task.CompletedTask;
        });
        _request = (Assert.Single(answer.Requests).Id, Assert.Single(_lastOfModel!.Requests).Id, caller!, Now);
    }

    public async Task AnswerAsync()
    {
        var (real, model, caller, _) = _request!.Value;
        _history.Add("answer");
        _request = null;
        await _real.Gateway.SendAsync<object>(
            GatewayPaths.Answers,
            new GatewayAnswer(real, System.Text.Json.JsonSerializer.SerializeToElement(true), null)
        );
        using var answered = await caller;
        _model.Answer(new GatewayAnswer(model, null, null));
    }

    public void Pass(TimeSpan wait)
    {
        _history.Add($"wait {wait}");
        _realTime.Advance(wait);
        var until = _modelTime.Ticks + wait.Ticks;
        while (_modelTime.Next(until))
        {
            // Next runs what is due.
        }
    }

    /// <summary>Polls without waiting.</summary>
    /// <returns>The real console's answer.</returns>
    public async Task<DesiredState> PollAsync(long since, bool isOtherEpoch)
    {
        _history.Add($"poll since {since}{(isOtherEpoch ? " of another epoch" : "")}");
        since = Math.Max(0, since);
        DesiredState? model = null;
        _model.Hold(Request(since, isOtherEpoch ? "another" : _model.Epoch, wait: 0), state => model = state);
        var real = await PollRealAsync(since is 0 ? 0 : since + _offset, isOtherEpoch ? "another" : _realEpoch, wait: 0);
        Compare(real, model!);
        return real;
    }

    /// <summary>Starts a waiting poll of a gateway that holds everything, then makes the change.</summary>
    /// <returns>The real console's answer.</returns>
    public async Task<DesiredState> WaitForChangeAsync(Func<Task> change)
    {
        // A request that is due would answer the poll before the change does.
        await PollAsync(Revision, isOtherEpoch: false);
        _history.Add("a poll waits");
        _lastOfModel = null;
        _model.Hold(Request(Revision, _model.Epoch, wait: 60), state => _lastOfModel = state);
        Assert.Null(_lastOfModel);
        var real = PollRealAsync(Revision + _offset, _realEpoch, wait: 60);
        await change();
        var answer = await real;
        Compare(answer, _lastOfModel!);
        return answer;
    }

    private DesiredState? _lastOfModel;

    private async Task ReportAsync(int cluster, ClusterPhase phase, TimeSpan offset)
    {
        if (cluster >= _clusters.Count)
        {
            return;
        }

        _history.Add($"report {cluster} {phase} {offset}");
        var status = _real.Gateway.Status(_clusters[cluster], phase) with { ReportedAt = Now + offset };
        await _real.Gateway.ReportAsync(status);
        _model.Report(new StatusReport([status], []));
        if (_model.Find(status.Id) is { DeletedAt: not null })
        {
            _ended.Add(_clusters[cluster]);
        }
    }

    private string? Living(int cluster) =>
        cluster < _clusters.Count && !_ended.Contains(_clusters[cluster]) ? _clusters[cluster] : null;

    private Task<DesiredState> PollRealAsync(long since, string? epoch, int wait) =>
        _real.Gateway.SendAsync<DesiredState>(GatewayPaths.Desired, Request(since, epoch, wait))!;

    private DesiredStateRequest Request(long since, string? epoch, int wait) =>
        new(since, wait, new GatewayReport("1.0", Now, 0), epoch);

    private void Compare(DesiredState real, DesiredState model)
    {
        var there = (
            real.Revision - _offset,
            Clusters(real),
            real.Accounts.Count,
            Removed(real),
            real.Requests.Count,
            real.Epoch == _realEpoch
        );
        var here = (
            model.Revision,
            Clusters(model),
            model.Accounts.Count,
            Removed(model),
            model.Requests.Count,
            model.Epoch == _model.Epoch
        );
        Assert.True(there == here, $"{string.Join('\n', _history)}\nthe console says {there}, the simulator {here}");

        static string Clusters(DesiredState state) =>
            string.Join(
                ' ',
                state.Clusters.Select(spec =>
                    $"{spec.Id.Value}:{spec.Generation}:{WorkersOf(spec)}{(spec.Deletion is null ? "" : ":deleting")}"
                )
            );
        static string Removed(DesiredState state) => string.Join(' ', state.RemovedClusters.Select(id => id.Value));
    }

    private async Task CompareStoresAsync()
    {
        await using var store = _real.Console.OpenStore();
        foreach (var row in await store.Clusters.AsNoTracking().Include(row => row.Report).ToListAsync())
        {
            var model = _model.Find(new ClusterId(row.Uid))!;
            var there = (
                row.Revision - _offset,
                row.Report?.Phase,
                row.Report?.ReportedAt.ToUnixTimeMilliseconds(),
                row.DeletedAt is null
            );
            var here = (
                model.Revision,
                model.Status?.Phase.ToString(),
                model.Status?.ReportedAt.ToUnixTimeMilliseconds(),
                model.DeletedAt is null
            );
            Assert.True(there == here, $"{string.Join('\n', _history)}\nthe console has {there}, the simulator {here}");
        }
    }

    private ClusterSpec Spec(string uid, int workers) =>
        new()
        {
            Id = new ClusterId(uid),
            Name = DnsLabel.Parse(uid),
            Account = ConsoleModel.Account.Id,
            CreatedAt = Now,
            KubernetesVersion = KubernetesVersion.Parse("1.33.4"),
            Image = ImageName.Parse("ubuntu/noble"),
            Endpoint = new EndpointChoice.VirtualIp(),
            Pools =
            [
                new MachinePool
                {
                    Name = DnsLabel.Parse("control-plane-pool"),
                    Role = PoolRole.ControlPlane,
                    Size = 1,
                },
                new MachinePool
                {
                    Name = DnsLabel.Parse(Workers),
                    Role = PoolRole.Worker,
                    Size = workers,
                },
            ],
        };

    private static int WorkersOf(ClusterSpec spec) => spec.Pools.Single(pool => pool.Role is PoolRole.Worker).Size;

    public async ValueTask DisposeAsync()
    {
        if (_request is not null)
        {
            await AnswerAsync();
        }

        await _real.DisposeAsync();
    }
}
