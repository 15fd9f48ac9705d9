using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;
using Gantry.Engine;
using Gantry.Engine.Ledger;
using Gantry.Gateway.Accounts;
using Gantry.Gateway.Limits;
using Gantry.Gateway.Link;
using Gantry.Gateway.Pairing;
using Gantry.Gateway.Requests;
using Gantry.Gateway.Sync;
using Gantry.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gantry.Gateway;

/// <summary>
/// A running gateway: the engine over the accounts from its console. It only dials out and does not listen. After a crash,
/// the next start on the same folder continues the work.
/// </summary>
public sealed class GatewayHost : IAsyncDisposable
{
    private readonly List<IDisposable> _parts;
    private readonly CancellationTokenSource _stopping;
    private readonly PairedConsole _paired;
    private readonly string _fingerprint;
    private readonly Polling _polling;
    private readonly LinkReport _link;
    private readonly DesiredClusters _desired;
    private readonly RequestHandler _requests;

    private GatewayHost(
        List<IDisposable> parts,
        CancellationTokenSource stopping,
        PairedConsole paired,
        string fingerprint,
        Polling polling,
        LinkReport link,
        DesiredClusters desired,
        RequestHandler requests,
        Task running
    )
    {
        _parts = parts;
        _stopping = stopping;
        _paired = paired;
        _fingerprint = fingerprint;
        _polling = polling;
        _link = link;
        _desired = desired;
        _requests = requests;
        Completion = running;
    }

    /// <summary>
    /// Completes when the gateway ends: successfully after <see cref="DisposeAsync"/>, with the failure otherwise.
    /// </summary>
    public Task Completion { get; }

    public GatewayState State =>
        new(_paired.GatewayUid, _paired.Name, _fingerprint, _link.State, _link.Message, _polling.Revision, _desired.Count);

    /// <summary>Returns once the gateway is paired and its engine runs; the console may be unreachable.</summary>
    /// <exception cref="GatewayException">The gateway cannot start; the message names the remedy.</exception>
    public static Task<GatewayHost> StartAsync(
        GatewayOptions options,
        TimeProvider time,
        ILoggerFactory? logs,
        CancellationToken cancellationToken
    ) => StartAsync(options, GatewayPorts.Real(), time, logs, cancellationToken);

    /// <summary>Starts with other ports: for a simulation, or a faster engine.</summary>
    /// <exception cref="GatewayException">The gateway cannot start; the message names the remedy.</exception>
    public static async Task<GatewayHost> StartAsync(
        GatewayOptions options,
        GatewayPorts ports,
        TimeProvider time,
        ILoggerFactory? logs,
        CancellationToken cancellationToken
    )
    {
        options.Validate();
        PrivateFiles.EnsureFolder(options.DataFolder);
        List<IDisposable> parts = [DataFolderLock.Take(options.DataFolder)];
        try
        {
            logs ??= NullLoggerFactory.Instance;
            var log = logs.CreateLogger("Gantry.Gateway");
            var limits = GatewayLimits.Read(options.DataFolder);
            log.Limits(
                GatewayLimits.FileName,
                limits.ResourcePools.Count,
                limits.Tags.Count,
                limits.ProtectedMachines.Count,
                limits.MaasEndpoints.Count,
                limits.ReleasesPerHour
            );
            var identity = Keep(GatewayIdentity.OpenOrCreate(options.DataFolder));
            ConsoleLink Open(Uri console) => new(console, identity, ConsoleTransport.Create(options), time, log);
            var store = Keep(DesiredStore.Open(options.DataFolder));
            var (paired, isNew) = await FirstPairing.EnsureAsync(options, identity, Open, cancellationToken);
            if (isNew)
            {
                log.Paired(paired.ConsoleUrl, paired.Name);
                store.RequestEverything();
            }

            return Run(options, ports, limits, identity, paired, store, Keep(Open(paired.ConsoleUrl)), time, logs, parts);
        }
        catch
        {
            Dispose(parts);
            throw;
        }

        T Keep<T>(T part)
            where T : IDisposable
        {
            parts.Add(part);
            return part;
        }
    }

    /// <summary>Stops polling and reconciling; machines and clusters are not changed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await Completion;
        }
        catch (Exception reported) when (reported is not OutOfMemoryException)
        {
            // Completion carries the exception.
        }

        await _requests.FinishAsync();
        Dispose(_parts);
        _stopping.Dispose();
    }

    private static GatewayHost Run(
        GatewayOptions options,
        GatewayPorts ports,
        GatewayLimits limits,
        GatewayIdentity identity,
        PairedConsole paired,
        DesiredStore store,
        ConsoleLink console,
        TimeProvider time,
        ILoggerFactory logs,
        List<IDisposable> parts
    )
    {
        var log = logs.CreateLogger("Gantry.Gateway");
        var events = EventOutbox.Open(options.DataFolder, bound: 20_000);
        parts.Add(events);
        var ledger = SqliteLedger.Open(Path.Combine(options.DataFolder, "engine.db"));
        parts.Add(ledger);

        var kept = store.Load();
        log.Started(paired.Name, GatewayVersion.Text, identity.Fingerprint, paired.ConsoleUrl, options.DataFolder);
        log.Holds(kept.Clusters.Count, kept.Revision);
        var notes = new LimitNotes(time, log);
        var opener = new AccountOpener(identity, limits, store.EarlierKeys(), ports.OpenMaas, time);
        var accounts = new AccountKeys(opener, limits, store, notes, ports.OpenRegion, time);
        parts.Add(accounts);
        accounts.Apply(kept.Accounts, []);
        var desired = new DesiredClusters(kept.Clusters);
        var statuses = new StatusOutbox(time);
        var random = new Random(options.Seed ?? SeedOf(paired.GatewayUid));
        var instanceId = RandomNumberGenerator.GetHexString(12, lowercase: true);
        var instance = new GatewayInstance(instanceId, store.BeginInstance(instanceId, atMost: 64), Environment.MachineName);
        var reporting = new Reporting(
            statuses,
            events,
            notes,
            desired,
            console,
            paired.GatewayUid,
            instance.Id,
            new BackOff(new Random(random.Next())),
            time,
            log
        );
        var engine = new ClusterEngine(
            new EnginePorts(ledger, accounts, ports.Workloads, ports.Documents, desired, reporting),
            ports.Engine with
            {
                Instance = instance.Id,
            },
            time,
            logs.CreateLogger("Gantry.Engine")
        );
        parts.Add(engine);

        var regions = new KnownRegions(opener, limits, time, log);
        var answers = new RequestAnswers(accounts, opener, regions, desired, engine, limits);
        var requests = new RequestHandler(
            answers.AnswerAsync,
            (answer, cancellationToken) => console.AnswerAsync(paired.GatewayUid, answer, cancellationToken),
            time,
            log
        );
        var link = new LinkReport(paired.Revoked, message => (paired with { Revoked = message }).Write(options.DataFolder), log);
        var polling = new Polling(
            console,
            paired.GatewayUid,
            kept,
            store,
            desired,
            accounts,
            statuses,
            requests,
            link,
            engine,
            instance,
            options.PollWait,
            new BackOff(new Random(random.Next())),
            time,
            log
        );

        var stopping = new CancellationTokenSource();
        var running = TogetherAsync(
            log,
            stopping,
            polling.RunAsync,
            reporting.RunAsync,
            cancellationToken => EngineRun.WhilePermittedAsync(engine, link, cancellationToken)
        );
        return new GatewayHost(parts, stopping, paired, identity.Fingerprint, polling, link, desired, requests, running);
    }

    /// <summary>
    /// Runs the loops until the gateway is stopped. When one loop ends before that, the others end too and the gateway has
    /// failed, whatever the loop says.
    /// </summary>
    private static async Task TogetherAsync(
        ILogger log,
        CancellationTokenSource stopping,
        params Func<CancellationToken, Task>[] loops
    )
    {
        await Task.Yield();
        Task[] running = [.. loops.Select(loop => loop(stopping.Token))];
        await Task.WhenAny(running);
        var isStopped = stopping.IsCancellationRequested;
        await stopping.CancelAsync();
        await Task.WhenAll(running)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var failure =
            running.Select(loop => loop.Exception?.InnerException).FirstOrDefault(thrown => thrown is not null)
            ?? (isStopped ? null : new GatewayException("A loop of the gateway ended before the gateway was stopped."));
        if (failure is null)
        {
            log.Ended();
            return;
        }

        log.GaveWay(failure);
        ExceptionDispatchInfo.Throw(failure);
    }

    private static int SeedOf(string uid) => BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(uid)));

    private static void Dispose(List<IDisposable> parts)
    {
        for (var part = parts.Count - 1; part >= 0; part--)
        {
            parts[part].Dispose();
        }
    }
}
