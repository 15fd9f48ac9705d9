using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

/// <summary>
/// One act of the engine with its reason. Each is safe to repeat. A file of this folder declares a step: its target, its
/// <see cref="StepTraits"/> and what the dry run assumes after it. Its executor in the engine has the same name.
/// </summary>
/// <param name="Reason">The log line, the event and the progress text.</param>
public abstract partial record Step(string Reason)
{
    public string Name => GetType().Name;

    public StepTraits Traits => StepCatalog.Of(Name);

    /// <summary>The machine it acts on, when it acts on one.</summary>
    public virtual SystemId? Target => null;

    /// <inheritdoc cref="StepTraits.IsDisruptive"/>
    public bool IsDisruptive => Traits.IsDisruptive;

    /// <inheritdoc cref="StepTraits.Symbol"/>
    public string Symbol => Traits.Symbol;

    /// <summary>The observation after the step has had its effect.</summary>
    public abstract ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now);

    /// <summary>A step that acts on one machine.</summary>
    public abstract record OnMachine(SystemId Machine, string Reason) : Step(Reason)
    {
        public sealed override SystemId? Target => Machine;
    }
}

/// <summary>A step declares what holds for every step of its type.</summary>
public interface IStep
{
    static abstract StepTraits Declared { get; }
}
