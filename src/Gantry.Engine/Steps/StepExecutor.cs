using Gantry.Clusters.Steps;

namespace Gantry.Engine.Steps;

/// <summary>
/// Carries out the steps of one type. A step may be repeated: an executor accepts what an earlier attempt has already done.
/// </summary>
internal interface IStepExecutor
{
    Type StepType { get; }

    Task<StepOutcome> ExecuteAsync(RunScope run, Step step, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IStepExecutor"/>
internal abstract class StepExecutor<TStep> : IStepExecutor
    where TStep : Step
{
    public Type StepType => typeof(TStep);

    public abstract Task<StepOutcome> ExecuteAsync(RunScope run, TStep step, CancellationToken cancellationToken);

    Task<StepOutcome> IStepExecutor.ExecuteAsync(RunScope run, Step step, CancellationToken cancellationToken) =>
        ExecuteAsync(run, (TStep)step, cancellationToken);
}
