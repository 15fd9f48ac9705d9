using System.Security.Cryptography;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Machines;
using Gantry.Engine.Ports;
using Gantry.Engine.Views;

namespace Gantry.Engine;

/// <summary>The scope of one reconcile of one cluster: its record as it changes, and what its steps need.</summary>
internal sealed class RunScope(EngineState state, ClusterSpec spec, ClusterRecord record, RegionView region, IJournal journal)
    : IMachineOwner
{
    public EngineState State { get; } = state;

    public ClusterSpec Spec { get; } = spec;

    public ClusterRecord Record { get; private set; } = record;

    /// <summary>The desired state with what is installed now, as <see cref="Planner.Now"/>.</summary>
    public ClusterSpec Installs => EtcdRoll.Apply(Record.EtcdRoll, ImageChoice.Apply(Record.ImageChoice, Spec));

    public RegionView View { get; } = region;

    public IJournal Journal { get; } = journal;

    public IRegion Region => View.Region;

    /// <summary>The client of the cluster's API server; <c>null</c> until the server has answered in this reconcile.</summary>
    public IWorkloadCluster? Workload { get; set; }

    /// <summary>MAAS's answers for the cluster's machines that its list lacks.</summary>
    public Dictionary<SystemId, Observation<RegionMachine>> Unlisted { get; } = [];

    public Unanswered Unanswered { get; } = new();

    /// <summary>What the plan of this reconcile rests on. The view may show more by now.</summary>
    public ClusterObservation Planned { get; set; } = ClusterObservation.Nothing;

    /// <summary>Machines of the record that MAAS shows as taken by another allocation since.</summary>
    public HashSet<SystemId> TakenElsewhere { get; } = [];

    /// <summary>The ledger's records, that of this cluster as the run sees it. A question stores nothing of what it sees.</summary>
    public IReadOnlyCollection<ClusterRecord> Records => [.. State.Records.Where(record => record.Spec.Id != Spec.Id), Record];

    public DateTimeOffset Now => State.Time.GetUtcNow();

    /// <summary>What MAAS should show on a machine of this cluster.</summary>
    public MachineMark MarkOf(Member member) =>
        new(
            Spec.Id,
            Spec.Name.Value,
            member.Pool.Value,
            member.Intent,
            NodeInstallation.Of(member),
            Record.Endpoint is { Kind: EndpointKind.ReservedAddress } endpoint ? endpoint.Host : null
        );

    public Member Member(SystemId machine) =>
        Record.FindMember(machine) ?? throw new InvalidOperationException($"{machine} is not a machine of {Spec.Name}.");

    /// <exception cref="WorkloadException">The API server did not answer in this reconcile.</exception>
    public IWorkloadCluster RequireWorkload() =>
        Workload ?? throw new WorkloadException(unreachable: true, "the API server does not answer");

    /// <summary>Whatever is taken from now on is taken as this identity; it is stored with the first intent.</summary>
    public void ActAs(MaasIdentity identity) => Record = Record with { TakenAs = identity };

    /// <summary>Asks MAAS, as <see cref="PendingCalls"/> does.</summary>
    /// <param name="subject">What has one call at a time.</param>
    /// <param name="what">The question as a clause for people; the same clause is the same question.</param>
    public Task<T> ReadAsync<T>(
        string subject,
        string what,
        Func<IRegion, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken
    ) => State.Machines.ReadAsync(this, subject, what, read, cancellationToken);

    public async Task SaveAsync(ClusterRecord next, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(next, Record))
        {
            return;
        }

        await Journal.SaveAsync(next, cancellationToken);
        Record = next;
    }

    public Task SaveAsync(Member changed, CancellationToken cancellationToken)
    {
        var before = Member(changed.Machine);
        if (!MachineLife.Permits(before.State, changed.State))
        {
            throw new InvalidOperationException($"{changed.Hostname} may not go from {before.State} to {changed.State}.");
        }

        return SaveAsync(
            changed.State is MachineState.Released ? Record.Without(changed.Machine) : Record.With(changed),
            cancellationToken
        );
    }

    /// <summary>A person took the machine from the cluster in MAAS: the record lets go of it and remembers that.</summary>
    public Task LoseAsync(LostMachine lost, CancellationToken cancellationToken)
    {
        var limits = State.Options.Limits;
        var others = (Record.Lost ?? []).Where(known => known.Machine != lost.Machine && known.Counts(limits, Now));
        return SaveAsync(Record.Without(lost.Machine) with { Lost = [.. others, lost] }, cancellationToken);
    }

    public async Task<ClusterSecrets> GetSecretsAsync(CancellationToken cancellationToken)
    {
        if (await State.Ports.Ledger.FindSecretsAsync(Spec.Id, cancellationToken) is { } known)
        {
            return known;
        }

        var made = new ClusterSecrets(State.Ports.Documents.CreatePki(Spec, Now), RandomNumberGenerator.GetBytes(32));
        await Journal.SaveSecretsAsync(Spec.Id, made, cancellationToken);
        return made;
    }

    public void RecordEvent(
        EventSeverity severity,
        string reason,
        string message,
        SystemId? machine = null,
        EventKind kind = EventKind.Observed
    ) => Journal.RecordEvent(Spec, severity, reason, message, machine, kind);

    /// <summary>Records a warning that takes the place of the one with the same key before it.</summary>
    public void RecordRepeated(string reason, string message, SystemId machine, string key) =>
        Journal.RecordRepeated(Spec, reason, message, machine, key);

    ClusterId IMachineOwner.Id => Spec.Id;

    Task IMachineOwner.SaveAsync(HeldMachine machine, CancellationToken cancellationToken) =>
        SaveAsync((Member)machine, cancellationToken);

    IReadOnlyDictionary<string, string> IMachineOwner.Annotate(HeldMachine machine) => MarkOf((Member)machine).ToAnnotations();

    void IMachineOwner.RecordEvent(EventSeverity severity, string reason, string message, SystemId machine) =>
        RecordEvent(severity, reason, message, machine);
}
