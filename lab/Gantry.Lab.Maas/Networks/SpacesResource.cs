using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary><c>spaces/</c></summary>
internal sealed partial class SpacesResource(RegionState state)
{
    public IEnumerable<Resource> Resources =>
        [
            new("Spaces", "spaces/", Operation.Create(Create), Operation.Read(List)),
            new("Space", "spaces/{id}/", Operation.Read(Read), Operation.Update(Update), Operation.Delete(Delete)),
        ];

    private RegionAnswer List(RegionRequest request)
    {
        var all = state.Spaces.All.Select(space => NetworkJson.Space(state, space)).ToList();
        if (state.Vlans.All.Any(vlan => vlan.SpaceId is null))
        {
            all.Add(NetworkJson.Space(state, null));
        }

        return RegionAnswer.JsonList(all);
    }

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var name = request.Bound.Filled("name");
        Check(name, null);
        var id = state.Next("space");
        return RegionAnswer.Json(
            NetworkJson.Space(state, state.Spaces.Put(new SpaceRow(id, name ?? $"space-{id}", request.Form["description"] ?? "")))
        );
    }

    private RegionAnswer Read(RegionRequest request) =>
        RegionAnswer.Json(NetworkJson.Space(state, request.At("id") is "undefined" or "-1" ? null : Find(request)));

    private RegionAnswer Update(RegionRequest request)
    {
        var space = Find(request);
        request.RequireAdminSilently();
        var name = request.Bound.Filled("name") ?? (request.Form.Has("name") ? $"space-{space.Id}" : space.Name);
        if (name != space.Name)
        {
            Check(name, space);
        }

        return RegionAnswer.Json(
            NetworkJson.Space(
                state,
                state.Spaces.Put(space with { Name = name, Description = request.Form["description"] ?? space.Description })
            )
        );
    }

    /// <summary>The VLANs of a space that goes are in none.</summary>
    private RegionAnswer Delete(RegionRequest request)
    {
        var space = Find(request);
        request.RequireAdminSilently();
        foreach (var vlan in state.Vlans.All.Where(vlan => vlan.SpaceId == space.Id).ToList())
        {
            state.Vlans.Put(vlan with { SpaceId = null });
        }

        state.Spaces.Remove(space.Id);
        return RegionAnswer.Deleted();
    }

    private void Check(string? name, SpaceRow? itself)
    {
        if (name is null)
        {
            return;
        }

        if (!Form().IsMatch(name))
        {
            throw RegionFault.Field("name", $"Invalid space name: {name}.");
        }

        if ((Made().IsMatch(name) && name != $"space-{itself?.Id}") || name == "undefined")
        {
            throw RegionFault.Field("name", "Reserved space name.");
        }

        if (state.Spaces.All.Any(space => space.Name == name))
        {
            throw RegionFault.Field("name", "Space with this Name already exists.");
        }
    }

    private SpaceRow Find(RegionRequest request) =>
        NetworkFinder.Space(state, request.At("id")) ?? throw RegionFault.Missing("Space");

    [GeneratedRegex(@"^[\w-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();

    [GeneratedRegex(@"^space-\d+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Made();
}
