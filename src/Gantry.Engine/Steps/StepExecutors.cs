using System.Collections.Frozen;
using Gantry.Clusters.Steps;

namespace Gantry.Engine.Steps;

/// <summary>Every executor by the type of its step. Executors are found by reflection and need no registration.</summary>
internal static class StepExecutors
{
    private static readonly FrozenDictionary<Type, IStepExecutor> ByStep = typeof(StepExecutors)
        .Assembly.GetTypes()
        .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(IStepExecutor)))
        .Select(type => (IStepExecutor)Activator.CreateInstance(type)!)
        .ToFrozenDictionary(executor => executor.StepType);

    /// <summary>The steps that have an executor.</summary>
    public static IEnumerable<Type> StepTypes => ByStep.Keys;

    public static Task<StepOutcome> ExecuteAsync(RunScope run, Step step, CancellationToken cancellationToken) =>
        ByStep[step.GetType()].ExecuteAsync(run, step, cancellationToken);
}
