using Gantry.Clusters.Steps;

namespace Gantry.Engine.Steps;

/// <summary>
/// Carries out the steps of one type. It is safe to repeat: an executor looks first and accepts what is already so.
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
