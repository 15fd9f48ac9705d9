namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Projects divide clusters, accounts and profiles of a tenant.</summary>
    public static class Projects
    {
        public static Operation<NoBody, ItemList<ProjectMetadata>> ListMetadata { get; } =
            new("v1ProjectsMetadata", "GET /v1/dashboard/projects/metadata", Permissions.Project.List)
            {
                Tag = "Projects",
                Summary = "List names and uids of projects.",
                Query = [.. QueryParameters.List, QueryParameters.ProjectName],
            };

        public static Operation<NoBody, ItemList<ProjectView>> List { get; } =
            new("ProjectsList", "GET /v1/projects", Permissions.Project.List)
            {
                Tag = "Projects",
                Summary = "List projects.",
                Query = [.. QueryParameters.List, QueryParameters.ProjectName],
            };

        public static Operation<ProjectsFilterSpec, ItemList<ProjectSummary>> Search { get; } =
            new("v1ProjectsFilterSummary", "POST /v1/dashboard/projects", Permissions.Project.List)
            {
                Tag = "Projects",
                Summary = "Search projects.",
                Query = QueryParameters.Page,
            };

        public static Operation<ProjectEntity, UidAnswer> Create { get; } =
            new("v1ProjectsCreate", "POST /v1/projects", Permissions.Project.Create)
            {
                Tag = "Projects",
                Summary = "Create a project.",
                Status = 201,
            };

        public static Operation<NoBody, ProjectView> Get { get; } =
            new("v1ProjectsUidGet", "GET /v1/projects/{uid}", Permissions.Project.Get)
            {
                Tag = "Projects",
                Summary = "Read a project.",
            };

        public static Operation<ProjectEntity, NoBody> Update { get; } =
            new("v1ProjectsUidUpdate", "PUT /v1/projects/{uid}", Permissions.Project.Update)
            {
                Tag = "Projects",
                Summary = "Change name, labels and annotations of a project.",
            };

        public static Operation<NoBody, NoBody> Delete { get; } =
            new("v1ProjectsUidDelete", "DELETE /v1/projects/{uid}", Permissions.Project.Delete)
            {
                Tag = "Projects",
                Summary = "Delete an empty project.",
                Query = [QueryParameters.CleanupProjectResources],
            };

        public static Operation<NoBody, AutoRepairInput> GetAutoRepair { get; } =
            new("ProjectAutoRepair", "GET /v1/projects/{uid}/autoRepair", Permissions.Project.Get)
            {
                Tag = "Projects",
                Summary = "Read whether silent machines of the project are replaced automatically.",
            };

        public static Operation<AutoRepairInput, NoBody> SetAutoRepair { get; } =
            new("SetProjectAutoRepair", "PUT /v1/projects/{uid}/autoRepair", Permissions.Project.Update)
            {
                Tag = "Projects",
                Summary = "Set automatic repair for every cluster of the project without a setting of its own.",
            };
    }
}
