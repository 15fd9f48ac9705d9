using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

/// <summary>
/// One action of the engine with its reason. Every step is safe to repeat. A file of this folder declares a step: its
/// target, its <see cref="StepTraits"/> and its effect in the dry run. Its executor in the engine has the same name.
/// </summary>
/// <param name="Reason">The log line, the event and the progress text.</param>
public abstract partial record Step(string Reason)
{
    public string Name => GetType().Name;

    public StepTraits Traits => StepCatalog.Of(Name);

    /// <summary>The machine of the step; <c>null</c> when it acts on none.</summary>
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

/// <summary>A step type with its traits.</summary>
public interface IStep
{
    static abstract StepTraits Declared { get; }
}
