namespace Gantry.Protocol;

/// <summary>
/// One running process of a gateway. A copied data folder has the same keys, so that only this tells two processes apart.
/// </summary>
/// <param name="Id">Random, made by each process.</param>
/// <param name="Former">
/// The instances that have run on this data folder before, newest last, so far as the folder remembers them. A restart continues
/// the instance before it; a copy lacks those that ran on the original since.
/// </param>
/// <param name="Host">Name of the machine, for people.</param>
public sealed record GatewayInstance(string Id, IReadOnlyList<string> Former, string Host)
{
    /// <summary>The instances on this folder after the given one.</summary>
    public IEnumerable<string> RanAfter(string instance) => Former.SkipWhile(former => former != instance).Skip(1);
}

/// <summary>The instance that works for a gateway, as the console keeps it.</summary>
/// <param name="Since">When it began to work.</param>
public sealed record InstanceLease(string Id, string Host, DateTimeOffset Since)
{
    /// <summary>The code of the console's refusal.</summary>
    public const string RefusedCode = "OtherInstance";

    /// <summary>A refused instance that has not asked again for so long is gone.</summary>
    public static readonly TimeSpan RivalIsGoneAfter = TimeSpan.FromMinutes(2);

    private const int MostCopies = 64;

    /// <summary>The last instance that was refused; <c>null</c> when none was.</summary>
    public Rival? Rival { get; init; }

    /// <summary>
    /// Instances that were refused while the holder lived: copies, which do not continue it when it ends. A restart asks only after
    /// the process before it has ended.
    /// </summary>
    public IReadOnlyList<string> Copies { get; init; } = [];

    /// <summary>The lease after this instance has asked for work; another id than its own means that it is refused.</summary>
    /// <param name="held"><c>null</c> when no instance has worked yet, or a person has ended its lease.</param>
    /// <param name="isAlive">The holder has asked a moment ago, or waits for an answer now.</param>
    public static InstanceLease Judge(InstanceLease? held, GatewayInstance asks, bool isAlive, DateTimeOffset now)
    {
        if (held is null)
        {
            return new InstanceLease(asks.Id, asks.Host, now);
        }

        if (held.Id == asks.Id)
        {
            // A request of the process before it may arrive late, when the holder works already.
            return held.Rival is { } rival && !held.Copies.Contains(rival.Id) && !asks.Former.Contains(rival.Id)
                ? held with
                {
                    Copies = [.. held.Copies.Append(rival.Id).TakeLast(MostCopies)],
                }
                : held;
        }

        var isCopy = held.Copies.Contains(asks.Id) || asks.Former.Any(held.Copies.Contains);
        if (isAlive || isCopy || !asks.Former.Contains(held.Id))
        {
            return held with { Rival = new Rival(asks.Id, asks.Host, now) };
        }

        // One on another machine that was refused while the holder lived is most likely a copy: the holder's next request, which may be
        // lost or late, would tell. A restart may find its former process alive for a moment.
        var wasRefused = held.Rival is { } refused && (refused.Id == asks.Id || asks.RanAfter(held.Id).Contains(refused.Id));
        return wasRefused && asks.Host != held.Host && now - held.Rival!.At < RivalIsGoneAfter
            ? held
            : new InstanceLease(asks.Id, asks.Host, now) { Copies = held.Copies };
    }

    /// <summary>Why another instance does not get work, for the operator of that one.</summary>
    public string Refusal(string gateway) =>
        $"The gateway '{gateway}' works as another instance, on {Host} since {Since.UtcDateTime:yyyy-MM-dd HH:mm} UTC. This one runs on "
        + "a copy of its data folder, or the other one has just ended: it does nothing. When the other one is stopped for good: "
        + $"gantry gateway takeover {gateway}";

    /// <summary>What the operator of the working instance should know; <c>null</c> while it is the only one.</summary>
    public string? Warning(DateTimeOffset now) =>
        Rival is { } rival && now - rival.At < RivalIsGoneAfter
            ? $"A second instance of this gateway asks for work from {rival.Host} and is refused: it runs on a copy of the data folder. Stop "
                + "it."
            : null;
}

/// <summary>An instance that was refused.</summary>
public sealed record Rival(string Id, string Host, DateTimeOffset At);
