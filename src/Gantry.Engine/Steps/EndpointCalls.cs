using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Calls to MAAS for the endpoint of a cluster, one at a time: <see cref="PendingCalls"/>.</summary>
internal static class EndpointCalls
{
    public static Task<bool> IsReservedAsync(this RunScope run, string address, CancellationToken cancellationToken) =>
        run.ReadAsync(
            SubjectOf(run),
            $"tell whether {address} is reserved",
            (region, token) => region.IsReservedAsync(address, token),
            cancellationToken
        );

    public static Task<IReadOnlyList<string>?> FindDnsAsync(
        this RunScope run,
        string name,
        CancellationToken cancellationToken
    ) =>
        run.ReadAsync(
            SubjectOf(run),
            $"show the DNS record {name}",
            (region, token) => region.FindDnsAsync(name, token),
            cancellationToken
        );

    public static Task<string> FindFreeAddressAsync(
        this RunScope run,
        string subnet,
        IReadOnlySet<string> except,
        CancellationToken cancellationToken
    ) =>
        run.ReadAsync(
            SubjectOf(run),
            $"find a free address in {subnet}",
            (region, token) => region.FindFreeAddressAsync(subnet, except, token),
            cancellationToken
        );

    /// <summary>The ledger has the address.</summary>
    public static Task ReserveAsync(this RunScope run, string address, CancellationToken cancellationToken) =>
        WriteAsync(
            run,
            $"reserve {address}",
            token => run.State.InFlight.TrackAsync(address, run.Region.ReserveAsync(address, token)),
            cancellationToken
        );

    public static Task ReleaseAddressAsync(this RunScope run, string address, CancellationToken cancellationToken) =>
        WriteAsync(run, $"release {address}", token => run.Region.ReleaseAddressAsync(address, token), cancellationToken);

    public static Task RemoveDnsAsync(this RunScope run, string name, CancellationToken cancellationToken) =>
        WriteAsync(run, $"remove the DNS record {name}", token => run.Region.RemoveDnsAsync(name, token), cancellationToken);

    /// <returns>What the record shows now: a call that was under way may have written other addresses than these.</returns>
    public static Task<ValueList<string>> RecordDnsAsync(
        this RunScope run,
        string name,
        ValueList<string> addresses,
        CancellationToken cancellationToken
    ) =>
        WriteAsync(
            run,
            $"write the DNS record {name}",
            async token =>
            {
                await run.State.InFlight.TrackAsync(name, run.Region.RecordDnsAsync(name, addresses, token));
                return addresses;
            },
            cancellationToken
        );

    /// <summary>Whether a call may change what MAAS shows of the endpoint, or has just changed it.</summary>
    public static bool IsWriting(this RunScope run, string host) =>
        run.State.InFlight.MayTakeEffect(host, askedBefore: false)
        || IsReserving(run, host)
        || IsPending(run, $"write the DNS record {host}");

    /// <summary>Whether <see cref="ReserveAsync"/> was called, and its answer was not taken yet.</summary>
    public static bool IsReserving(this RunScope run, string address) => IsPending(run, $"reserve {address}");

    /// <summary>Whether <see cref="ReleaseAddressAsync"/> was called, and its answer was not taken yet.</summary>
    public static bool IsReleasing(this RunScope run, string address) => IsPending(run, $"release {address}");

    /// <summary>Whether <see cref="RemoveDnsAsync"/> was called, and its answer was not taken yet.</summary>
    public static bool IsRemovingDns(this RunScope run, string name) => IsPending(run, $"remove the DNS record {name}");

    private static bool IsPending(RunScope run, string what) => run.State.Machines.Calls.IsPending(KeyOf(run, what));

    private static Task WriteAsync(
        RunScope run,
        string what,
        Func<CancellationToken, Task> write,
        CancellationToken cancellationToken
    ) =>
        WriteAsync(
            run,
            what,
            async token =>
            {
                await write(token);
                return true;
            },
            cancellationToken
        );

    private static Task<T> WriteAsync<T>(
        RunScope run,
        string what,
        Func<CancellationToken, Task<T>> write,
        CancellationToken cancellationToken
    ) =>
        run.State.Machines.Calls.AwaitAsync(
            new MaasCall(run.Spec.Id.Value, SubjectOf(run), KeyOf(run, what), what),
            () => write(cancellationToken),
            cancellationToken
        );

    private static string SubjectOf(RunScope run) => $"endpoint of {run.Spec.Id}";

    private static string KeyOf(RunScope run, string what) => $"{what} for {run.Spec.Id}";
}
