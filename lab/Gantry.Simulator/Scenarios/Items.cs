using Gantry.Simulator.Ports;

namespace Gantry.Simulator.Scenarios;

/// <summary>
/// An external event at a given time: an operator's change or a fault. A run is shrunk by removing items; the remaining ones are
/// unchanged.
/// </summary>
/// <param name="Number">The item's index in the whole scenario of the seed.</param>
/// <param name="At">The time since the beginning of the run.</param>
internal abstract record Item(int Number, TimeSpan At);

internal enum DesiredChangeKind
{
    Create,
    ScaleWorkers,
    ScaleControlPlane,
    AddPool,
    RemovePool,
    Relabel,
    Constrain,
    ChangeAddons,
    Upgrade,
    Roll,
    RenewCertificates,
    ReplaceMachine,
    Delete,
    ForceDelete,
}

/// <summary>An operator's change to a cluster.</summary>
/// <param name="Cluster">The cluster by number; a change to a missing cluster is skipped.</param>
/// <param name="Dice">Seeds the details of the change.</param>
internal sealed record DesiredChange(int Number, TimeSpan At, int Cluster, DesiredChangeKind Kind, ulong Dice) : Item(Number, At)
{
    public override string ToString() => $"{Kind} cluster c{Cluster}";
}

internal enum FaultKind
{
    Kill,
    Call,
    Storm,
    Partition,
    FailsToDeploy,
    HangsOnDeploy,
    NeverBoots,
    Dies,
    Hangs,
    Sick,
    FailsToRelease,
    EtcdSick,
    PowerUnknown,
    ClockJump,
    ReleasedByPerson,
    MarkedBroken,
    Locked,
    Retagged,
    TakenByPerson,
    BackUp,
    Restore,
    OtherKey,
    LedgerBackedUp,
    LedgerRestored,
    LedgerLost,
    FolderCopied,
    BalancedByHand,
}

/// <param name="Subject">A machine or a cluster by number; or the call's position after <paramref name="At"/>.</param>
/// <param name="Amount">Seconds for a clock change; per cent for an error storm.</param>
internal sealed record Fault(
    int Number,
    TimeSpan At,
    FaultKind Kind,
    int Subject = 0,
    Peer Peer = Peer.Maas,
    Fate Fate = Fate.Arrives,
    TimeSpan Lasting = default,
    int Amount = 0
) : Item(Number, At)
{
    public override string ToString() =>
        Kind switch
        {
            FaultKind.Kill =>
                $"kill the gateway at its call {Subject} from now, {(Fate is Fate.KilledBefore ? "before" : "after")} it "
                    + "takes effect",
            FaultKind.Call => $"{Fate}: call {Subject} to {Peer} from now",
            FaultKind.Storm => $"{Amount} % of calls to {Peer} fail for {Lasting}",
            FaultKind.Partition => Peer is Peer.Cluster
                ? $"no way to cluster c{Subject} for {Lasting}"
                : $"no way to {Peer} for {Lasting}",
            FaultKind.ClockJump => $"the gateway's clock jumps by {Amount} s for {Lasting}",
            FaultKind.BackUp or FaultKind.Restore => $"console: {Kind}",
            FaultKind.OtherKey => $"the cloud account has another user's key for {Lasting}",
            FaultKind.BalancedByHand => $"the endpoint of cluster c{Subject} is kept by hand",
            FaultKind.FolderCopied => $"a second gateway runs on a copy of the data folder for {Lasting}",
            FaultKind.LedgerBackedUp or FaultKind.LedgerRestored or FaultKind.LedgerLost => $"gateway: {Kind}",
            _ => $"{Kind}: machine {Subject}{(Lasting > TimeSpan.Zero ? $" for {Lasting}" : "")}",
        };
}
