using System.Globalization;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Places;

/// <summary><c>resourcepools/</c></summary>
internal sealed class PoolsResource(RegionState state)
{
    private const string Kind = "Resource pool";

    public IEnumerable<Resource> Resources =>
        [
            new("ResourcePools", "resourcepools/", Operation.Create(Create), Operation.Read(List)),
            new("ResourcePool", "resourcepool/{id}/", Operation.Read(Read), Operation.Update(Update), Operation.Delete(Delete)),
        ];

    private RegionAnswer List(RegionRequest request) => RegionAnswer.JsonList(state.Pools.All.Select(OtherJson.Pool));

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var name = Naming.New(request.Bound["name"], Kind, IsTaken);
        return RegionAnswer.Json(
            OtherJson.Pool(state.Pools.Put(new PoolRow(state.Next("pool"), name, request.Form["description"] ?? "")))
        );
    }

    private RegionAnswer Read(RegionRequest request) => RegionAnswer.Json(OtherJson.Pool(Find(request)));

    private RegionAnswer Update(RegionRequest request)
    {
        var pool = Find(request);
        request.RequireAdminSilently();
        return RegionAnswer.Json(
            OtherJson.Pool(
                state.Pools.Put(
                    pool with
                    {
                        Name = Naming.Changed(request.Bound["name"], pool.Name, Kind, IsTaken),
                        Description = request.Form["description"] ?? pool.Description,
                    }
                )
            )
        );
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        var pool = Find(request);
        request.RequireAdminSilently();
        if (pool.Id == 0)
        {
            throw RegionFault.Text(400, "This is the default pool, it cannot be deleted.");
        }

        if (state.Machines.All.Any(machine => machine.PoolId == pool.Id))
        {
            throw RegionFault.Text(400, "Pool has machines in it, it cannot be deleted.");
        }

        state.Pools.Remove(pool.Id);
        return RegionAnswer.Deleted();
    }

    private bool IsTaken(string name) => state.Pools.All.Any(pool => pool.Name == name);

    private PoolRow Find(RegionRequest request) =>
        state.Pools.All.FirstOrDefault(pool =>
            pool.Id.ToString(CultureInfo.InvariantCulture) == request.At("id") || pool.Name == request.At("id")
        ) ?? throw RegionFault.Missing("ResourcePool");
}
