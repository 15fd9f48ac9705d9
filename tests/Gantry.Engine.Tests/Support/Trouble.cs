using Gantry.Clusters.Model;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests.Support;

/// <summary>What goes wrong with machines, in a word.</summary>
public static class Trouble
{
    /// <summary>Deployments of these machines fail from now on; of all where none is named.</summary>
    public static void FailDeployments(this EngineInWorld place, params IReadOnlyList<string> machines)
    {
        foreach (var machine in place.Region.Machines.Where(one => machines.Count is 0 || machines.Contains(one.Id.Value)))
        {
            machine.FailsToDeploy = true;
        }
    }

    public static void MendDeployments(this EngineInWorld place) =>
        place.Region.Machines.ForEach(machine => machine.FailsToDeploy = false);

    /// <summary>Somebody locks the machine in MAAS.</summary>
    public static void Lock(this EngineInWorld place, SystemId machine, bool locked = true) =>
        place.Region.Lock(WorldDataCentre.Operator, machine, locked);

    /// <summary>The system hangs for good: cutting its power does not bring it back.</summary>
    public static void Break(this EngineInWorld place, SystemId machine)
    {
        place.Machines.Hang(place[machine]);
        place[machine].NeverBoots = true;
    }
}
