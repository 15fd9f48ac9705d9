using System.Text;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Plans;

/// <summary>A plan as text: one line a step with its symbol and its reason, then what is missing.</summary>
public static class PlanText
{
    public static string Of(PlanDocument plan)
    {
        var text = new StringBuilder();
        if (plan.Steps.Count > 0)
        {
            var actions = plan.Steps.Max(step => step.Action.Length);
            var machines = plan.Steps.Max(step => (step.Hostname ?? step.Machine ?? "").Length);
            foreach (var step in plan.Steps)
            {
                var line = $"{step.Symbol} {step.Action.PadRight(actions)}  {(step.Hostname ?? step.Machine ?? "").PadRight(machines)}  {step.Because}";
                text.Append(line.TrimEnd()).Append('\n');
            }
        }
        else if (plan.Refusals.Count == 0 && plan.Waits.Count == 0)
        {
            text.Append("Nothing to do: the cluster is as it should be.\n");
        }

        foreach (var wait in plan.Waits)
        {
            text.Append($"… {wait}\n");
        }

        foreach (var refusal in plan.Refusals)
        {
            text.Append($"✗ {refusal.Reason}: {refusal.Message}\n");
        }

        if (plan.Steps.Count > 0)
        {
            text.Append($"\nPlan {plan.Hash}: {plan.Steps.Count} steps. Nothing has been touched.\n");
        }

        return text.ToString();
    }
}
