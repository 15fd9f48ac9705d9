using System.Text.Json;

namespace Gantry.Api;

public sealed record ProjectEntity(ObjectMeta? Metadata);

public sealed record ProjectMetadata(ObjectEntity Metadata);

public sealed record ProjectSpec(
    string LogoUrl,
    IReadOnlyList<JsonElement> Alerts,
    IReadOnlyList<JsonElement> Teams,
    IReadOnlyList<JsonElement> Users
);

public sealed record ProjectStatus(bool IsDisabled);

public sealed record ProjectView(ObjectMeta Metadata, ProjectSpec Spec, ProjectStatus Status);

public sealed record ProjectFilter(TextFilter? Name);

public sealed record ProjectsFilterSpec(ProjectFilter? Filter, IReadOnlyList<SearchSort>? Sort);

public sealed record ProjectSummarySpec(string LogoUrl, IReadOnlyList<JsonElement> Teams, IReadOnlyList<JsonElement> Users);

/// <summary>Numbers of clusters of a project.</summary>
/// <param name="Errored">Always 0: a cluster that cannot be built is Pending, and says why.</param>
public sealed record ClustersHealth(int Healthy, int Unhealthy, int Running, int Errored);

public sealed record ProjectSummaryStatus(ClustersHealth ClustersHealth, ProjectStatus Status);

public sealed record ProjectSummary(ObjectMeta Metadata, ProjectSummarySpec SpecSummary, ProjectSummaryStatus Status);
